//! Many keys looked up in one sorted list.

use std::hint::select_unpredictable;

use crate::net::id;

/// How many searches go on side by side.
const LANES: usize = 32;

/// Finds the place of each wanted key in a sorted list without repeats; keys that repeat at once cost one search.
pub(crate) fn find_all<K: Ord>(sorted: &[K], wanted: &[&K]) -> Vec<Option<u32>> {
    let mut runs = wanted.to_vec();
    runs.dedup();
    let places: Vec<Option<u32>> = runs.chunks(LANES).flat_map(|lanes| find_lanes(sorted, lanes)).collect();
    let mut run = 0;
    let place = |key: &&K| {
        run += usize::from(*key != runs[run]);
        places[run]
    };
    wanted.iter().map(place).collect()
}

/// Takes the steps of several searches in turn, since each step of one waits for memory, and a processor waits for
/// many at once.
fn find_lanes<K: Ord>(sorted: &[K], lanes: &[&K]) -> Vec<Option<u32>> {
    let mut places = [0; LANES];
    let mut size = sorted.len();
    while size > 1 {
        let half = size / 2;
        for (place, key) in places.iter_mut().zip(lanes) {
            let middle = *place + half;
            *place = select_unpredictable(sorted[middle] <= **key, middle, *place);
        }
        size -= half;
    }
    let hit = |(place, key): (&usize, &&K)| (sorted.get(*place) == Some(*key)).then_some(id(*place));
    places.iter().zip(lanes).map(hit).collect()
}
