//! synod-supervision
