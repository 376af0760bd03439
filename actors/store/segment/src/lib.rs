//! synod-store-segment
