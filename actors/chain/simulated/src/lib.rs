//! synod-chain-simulated
