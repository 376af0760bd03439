//! synod-quorum-core
