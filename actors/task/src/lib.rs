//! synod-task
