//! synod-memory
