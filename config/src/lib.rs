//! synod-config
