//! synod-daemon
