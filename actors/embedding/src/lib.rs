//! synod-embedding
