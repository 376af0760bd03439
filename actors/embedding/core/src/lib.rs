//! synod-embedding-core
