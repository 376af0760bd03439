//! synod-supervision-core
