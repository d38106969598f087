//! The functions that a template can call: Go's own, Sprig's and Helm's.
