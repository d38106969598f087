//! Flux's own library and ORAS push what we read, and read what we push, over Debian's registry.
