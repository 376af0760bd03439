//! synod-tests
