//! synod-store
