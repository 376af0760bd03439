//! synod-store-core
