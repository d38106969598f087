//! Which deliveries came.

use std::collections::{BTreeSet, VecDeque};
use std::fmt;

use crate::Delivery;
use crate::marks::Mark;

/// So many names of deliveries are remembered by one [`Seen`]; an older one is forgotten for a new one.
pub const SEEN_MAX: usize = 2048;

/// Remembers the deliveries of one receiver, as far as their sender names them, so that one that is sent again is known.
///
/// GitHub, Gitea, Bitbucket, newer GitLabs and Nexus name deliveries in a header, Azure DevOps, ACR, CDEvents and Pub/Sub in
/// the body. The others do not, and each of their deliveries is new.
///
/// ```
/// use windlass_receiver::{Kind, Receiver, Request, Seen};
///
/// let receiver = Receiver::new(Kind::GitLab, "secret");
/// let mut seen = Seen::default();
/// let mut is_new = |id| {
///     let headers = [("X-Gitlab-Token", "secret"), ("Idempotency-Key", id)];
///     let delivery = receiver.receive(&Request { headers: &headers, body: b"{}" }).unwrap();
///     seen.is_new(&delivery)
/// };
/// assert!(is_new("1") && is_new("2") && !is_new("1"));
/// ```
#[derive(Clone, Default)]
pub struct Seen {
    known: BTreeSet<Mark>,
    order: VecDeque<Mark>,
}

impl Seen {
    /// Remembers a delivery, and says whether it was not known.
    pub fn is_new(&mut self, delivery: &Delivery) -> bool {
        let is_new = !delivery.marks().iter().any(|mark| self.known.contains(mark));
        for mark in delivery.marks() {
            if self.known.insert(*mark) {
                self.order.push_back(*mark);
            }
        }
        while self.order.len() > SEEN_MAX {
            if let Some(oldest) = self.order.pop_front() {
                self.known.remove(&oldest);
            }
        }
        is_new
    }
}

/// Shows how many there are.
impl fmt::Debug for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Seen({} names)", self.order.len())
    }
}
