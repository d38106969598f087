//! What the transformers do to one object.

pub(crate) mod affix;
pub(crate) mod fieldspec;
pub(crate) mod image;
pub(crate) mod namespace;
pub(crate) mod path;
pub(crate) mod refvar;
pub(crate) mod replacement;
pub(crate) mod structured;
pub(crate) mod value_add;
