//! synod-quorum
