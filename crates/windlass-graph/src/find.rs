//! Many keys looked up in one sorted list.

use std::{collections::HashMap, hash::Hash};

use crate::net::id;

/// The places of keys in a sorted list without repeats.
///
/// By a hash and not by halving: a long text is read twice then, not compared seventeen times. No order comes from it.
pub(crate) struct Places<'a, K>(HashMap<&'a K, u32>);

impl<'a, K: Eq + Hash> Places<'a, K> {
    pub(crate) fn of(sorted: &'a [K]) -> Self {
        Self(sorted.iter().enumerate().map(|(place, key)| (key, id(place))).collect())
    }

    /// Finds each wanted key; keys that repeat at once cost one search.
    pub(crate) fn find_all(&self, wanted: &[&K]) -> Vec<Option<u32>> {
        let mut last: Option<(&K, Option<u32>)> = None;
        let mut places = Vec::with_capacity(wanted.len());
        for key in wanted.iter().copied() {
            let place = match last {
                Some((known, place)) if known == key => place,
                _ => self.0.get(key).copied(),
            };
            last = Some((key, place));
            places.push(place);
        }
        places
    }
}
