//! synod-chain-core
