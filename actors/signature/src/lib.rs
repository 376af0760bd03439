//! synod-signature
