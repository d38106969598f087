//! Abilities that break one law each.

use std::pin::Pin;
use std::task::{Context as Waiting, Poll};

use futures_core::Stream;
use windlass_core::{
    Admitted, Context, Expect, Interest, Item, Mode, Notice, NoticeStream, Predict, Prediction, Result,
    Target, Want, Watch, Write, async_trait,
};

use super::{Saboteur, set};

#[async_trait]
impl Predict for Saboteur {
    async fn admit(&self, cx: &Context, items: Vec<Item>) -> Result<Vec<Admitted>> {
        let mut admitted = self.inner.admit(cx, items).await?;
        if self.breaks("each_item_is_admitted_in_its_order") {
            admitted.sort_by_key(|admitted| match admitted {
                Admitted::Item(item) => Some(item.id().clone()),
                _ => None,
            });
        }
        Ok(admitted)
    }

    async fn predict(&self, cx: &Context, wants: &[Want<'_>]) -> Result<Vec<Prediction>> {
        let grown = self.grown_items(wants);
        let wants: Vec<Want<'_>> =
            wants.iter().zip(&grown).map(|(want, item)| Want { item, ..*want }).collect();
        let wants = &wants[..];
        let mut predictions = self.inner.predict(cx, wants).await?;
        match self.breaks {
            "each_want_is_predicted_in_its_order" => predictions.reverse(),
            "predicting_changes_nothing" if wants.len() == 2 => self.write_all(cx, wants).await?,
            "what_is_as_wanted_is_predicted_the_same" => {
                for (prediction, want) in predictions.iter_mut().zip(wants) {
                    let (payload, after) = (want.item.object.clone(), want.item.object.clone());
                    if *prediction == Prediction::Same {
                        *prediction =
                            Prediction::Change { payload, after, mode: Mode::Apply, conflicts: vec![] };
                    }
                }
            }
            "a_write_of_the_prediction_ends_as_predicted" => {
                for prediction in &mut predictions {
                    if let Prediction::Change { after, .. } = prediction {
                        *after = after.edit(|body| set(body, "data", "defaulted", "yes")).unwrap();
                    }
                }
            }
            "an_apply_leaves_alone_what_others_set" => {
                for prediction in &mut predictions {
                    if let Prediction::Change { after, .. } = prediction {
                        *after = after.edit(super::payloads::without_beside).unwrap();
                    }
                }
            }
            "an after that is the payload" => {
                for prediction in &mut predictions {
                    if let Prediction::Change { after, payload, .. } = prediction {
                        after.clone_from(payload);
                    }
                }
            }
            _ => {}
        }
        Ok(predictions)
    }
}

impl Saboteur {
    /// A dry run that was not one.
    async fn write_all(&self, cx: &Context, wants: &[Want<'_>]) -> Result<()> {
        for want in wants {
            let (payload, mark) = (want.item.object.clone(), want.owner.clone());
            let write = Write::apply(payload, Mode::Apply, Expect::Any, mark);
            self.inner.write(cx, &write).await?;
        }
        Ok(())
    }
}

#[async_trait]
impl Watch for Saboteur {
    async fn watch(&self, cx: &Context, interest: &Interest) -> Result<NoticeStream> {
        let news = self.inner.watch(cx, interest).await?;
        if self.breaks("dropping_the_news_ends_the_watch") {
            let leaked = self.inner.watch(cx, interest).await?;
            self.leaked.lock().unwrap().push(leaked);
        }
        Ok(Box::pin(Partial { news, breaks: self.breaks, synced: false }))
    }
}

/// News of which some are left out: what was there at the beginning, what goes, or that something was missed. Or it
/// tells nothing new, again and again.
struct Partial {
    news: NoticeStream,
    breaks: &'static str,
    synced: bool,
}

impl Partial {
    fn hides(&self, notice: &Notice) -> bool {
        match notice {
            Notice::Seen(_) => self.breaks == "a_watch_tells_what_is_there_then_synced" && !self.synced,
            Notice::Gone(..) => self.breaks == "a_watch_tells_of_changes_and_deletions",
            Notice::Gap(_) => self.breaks == "what_could_have_been_missed_is_a_gap",
            _ => false,
        }
    }
}

impl Stream for Partial {
    type Item = Notice;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Waiting<'_>) -> Poll<Option<Notice>> {
        if self.breaks == "a watch that chatters" && self.synced {
            return Poll::Ready(Some(Notice::Synced));
        }
        loop {
            match self.news.as_mut().poll_next(cx) {
                Poll::Ready(Some(notice)) if self.hides(&notice) => {}
                Poll::Ready(notice) => {
                    self.synced |= notice == Some(Notice::Synced);
                    return Poll::Ready(notice);
                }
                Poll::Pending => return Poll::Pending,
            }
        }
    }
}
