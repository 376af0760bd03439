//! synod-signature-keyfile
