//! synod-task-process
