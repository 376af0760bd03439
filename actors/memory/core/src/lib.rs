//! synod-memory-core
