//! The language of Go's text/template, with the values of Go.
