//! synod-chain
