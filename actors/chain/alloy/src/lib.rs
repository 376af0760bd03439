//! synod-chain-alloy
