//! Lists of objects, whoever owns them.

use std::path::Path;

use async_trait::async_trait;
use windlass_core::{Context, List, Object, ObjectId, Result, Selection};

use super::{DirTarget, Folder};
use crate::fault::limit;
use crate::keeper::OWN;
use crate::name;

#[async_trait]
impl List for DirTarget {
    /// A folder takes any kind, so that one of which there is nothing is an empty list. What the files say is given as it is,
    /// by whatever version.
    async fn list(&self, cx: &Context, selection: &Selection) -> Result<Vec<Object>> {
        cx.check()?;
        self.folder.select(cx, selection)
    }
}

impl Folder {
    fn select(&self, cx: &Context, selection: &Selection) -> Result<Vec<Object>> {
        let (mut objects, max) = (Vec::new(), cx.limits().objects_max);
        for id in self.there(cx, selection)? {
            cx.check()?;
            // One that is gone by now is not there.
            let Some(seen) = self.look(cx, &id)? else { continue };
            if selection.fits(&seen.object) {
                objects.push(seen.object);
            }
            if objects.len() > max {
                return Err(limit("too many objects are asked for", "objects_max", max));
            }
        }
        Ok(objects)
    }

    /// Finds the objects of the kind by the names of their files, sorted.
    fn there(&self, cx: &Context, selection: &Selection) -> Result<Vec<ObjectId>> {
        let mut ids = Vec::new();
        for namespace in self.root.names(Path::new(""))? {
            cx.check()?;
            let below = Path::new(&namespace);
            // Others keep files and links in the folder, which are no namespace unless somebody asks for it.
            let is_folder = self.root.metadata(below)?.is_some_and(|about| about.is_dir());
            if namespace == OWN || !is_folder && !is_asked_for(&namespace, selection) {
                continue;
            }
            for kind in self.root.names(below)? {
                let means = |file: &str| {
                    name::id_of([&namespace, &kind], file, "yaml").filter(|id| selection.means(id))
                };
                if means("a.yaml").is_some() {
                    ids.extend(self.root.names(&below.join(&kind))?.iter().filter_map(|file| means(file)));
                }
            }
        }
        ids.sort();
        Ok(ids)
    }
}

fn is_asked_for(folder: &str, selection: &Selection) -> bool {
    let namespace = name::id_of([folder, "A"], "a.yaml", "yaml").map(|id| id.namespace);
    !selection.namespace.is_empty() && namespace.is_some_and(|namespace| namespace == selection.namespace)
}
