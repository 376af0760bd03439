//! synod-signature-core
