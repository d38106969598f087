#[derive(Clone, Default)]
pub(crate) struct Views;
pub(crate) struct Desk;
