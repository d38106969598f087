//! What is asked of a server.

use gix::ObjectId;
use gix::protocol::fetch::negotiate::{Action, Round, one_round};
use gix::protocol::fetch::{Arguments, Negotiate, Response, Shallow};

/// What a fetch asks for.
pub(super) enum Depth {
    /// The commit and no history.
    One,
    /// The whole history, for a server that gives out only what a reference points to.
    Whole,
}

impl Depth {
    pub(super) fn shallow(&self) -> Shallow {
        match self {
            Self::One => Shallow::DepthAtRemote(std::num::NonZeroU32::MIN),
            Self::Whole => Shallow::undo(),
        }
    }
}

/// Asks for one commit, says what is there already, and leaves no more to discuss.
pub(super) struct Exactly {
    pub(super) want: ObjectId,
    pub(super) haves: Vec<ObjectId>,
}

impl Negotiate for Exactly {
    fn mark_complete_and_common_ref(&mut self) -> gix::Result<Action> {
        Ok(Action::MustNegotiate { remote_ref_target_known: Vec::new() })
    }

    fn add_wants(&mut self, arguments: &mut Arguments, _known: &[bool]) -> bool {
        arguments.want(self.want);
        true
    }

    fn one_round(
        &mut self,
        _state: &mut one_round::State,
        arguments: &mut Arguments,
        _previous: Option<&Response>,
    ) -> gix::Result<(Round, bool)> {
        for have in &self.haves {
            arguments.have(have);
        }
        let round = Round {
            haves_sent: self.haves.len(),
            in_vain: 0,
            haves_to_send: 0,
            previous_response_had_at_least_one_in_common: false,
        };
        Ok((round, true))
    }
}
