//! synod-protocol
