//! Abilities that break one law each.

use std::collections::BTreeMap;

use windlass_core::{
    Admitted, Capabilities, Context, Error, ErrorKind, Exclusion, Expect, Item, List, Mode, Object, ObjectId,
    Owner, Predict, Prediction, Result, Rivalry, Selection, Taken, Target, Want, Write, async_trait,
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

    async fn takes(&self, cx: &Context, ids: &[ObjectId]) -> Result<BTreeMap<ObjectId, Vec<Taken>>> {
        let mut taken = self.inner.takes(cx, ids).await?;
        match self.breaks {
            "what_goes_with_an_object_is_said_beforehand" => {
                taken.values_mut().flatten().for_each(|taken| taken.owner = None);
            }
            "what_takes_nothing_along_has_no_entry" => {
                for id in ids {
                    taken.entry(id.clone()).or_default();
                }
            }
            _ => {}
        }
        Ok(taken)
    }

    async fn exclusions(&self, cx: &Context, rivalries: &[Rivalry<'_>]) -> Result<Vec<Option<Exclusion>>> {
        let mut said = self.inner.exclusions(cx, rivalries).await?;
        if self.breaks("what_excludes_nothing_is_not_said_to") {
            for (said, rivalry) in said.iter_mut().zip(rivalries) {
                let error = Error::new(ErrorKind::Invalid, "a guess");
                let by = rivalry.leaving.iter().map(|live| live.id.clone()).collect();
                said.get_or_insert(Exclusion { by, error });
            }
        }
        Ok(said)
    }

    async fn capabilities(&self, cx: &Context) -> Result<Option<Capabilities>> {
        let mut served = self.inner.capabilities(cx).await?;
        if let Some(served) =
            served.as_mut().filter(|_| self.breaks("what_is_served_names_the_kinds_that_are_taken"))
        {
            served.apis.remove("v1/ConfigMap");
        }
        Ok(served)
    }
}

impl Saboteur {
    /// A dry run that was not one.
    async fn write_all(&self, cx: &Context, wants: &[Want<'_>]) -> Result<()> {
        for want in wants {
            let (payload, owner) = (want.item.object.clone(), want.owner.clone());
            let write = Write::apply(payload, Mode::Apply, Expect::Any, owner);
            self.inner.write(cx, &write).await?;
        }
        Ok(())
    }
}

#[async_trait]
impl List for Saboteur {
    async fn list(&self, cx: &Context, selection: &Selection) -> Result<Vec<Object>> {
        let mut selection = selection.clone();
        let mut cx = cx.clone();
        match self.breaks {
            "a_list_keeps_to_its_namespace" => selection.namespace = "".into(),
            "a_list_keeps_to_its_labels" => selection.labels.clear(),
            "a_list_over_the_limit_is_refused" => cx = cx.with_limits(windlass_core::Limits::default()),
            _ => {}
        }
        let found = self.inner.list(&cx, &selection).await;
        let mut objects = match (self.breaks, found) {
            ("what_cannot_be_read_is_never_left_out_of_a_list", Err(error))
                if error.kind() == ErrorKind::Denied =>
            {
                Vec::new()
            }
            ("a_list_of_an_unknown_kind_is_undefined", Err(error))
                if error.kind() == ErrorKind::Undefined =>
            {
                Vec::new()
            }
            (_, found) => found?,
        };
        if self.breaks("a_list_has_every_object_of_the_kind_whoever_owns_it") {
            let web = Owner::of(&windlass_testkit::unit("web"));
            objects.retain(|object| self.inner.owner_of(object.id()).is_some_and(|owner| owner == web));
        }
        Ok(objects)
    }
}
