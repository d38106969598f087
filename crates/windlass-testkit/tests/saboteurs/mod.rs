//! Implementations that break one law each, named by the law.

pub(crate) mod source;
