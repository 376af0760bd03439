//! synod-task-core
