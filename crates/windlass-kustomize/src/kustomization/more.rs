//! Fields from outside that are added to a kustomization, as Flux does.

use windlass_core::{Error, ErrorKind, Map, Result, Value};

use super::Kustomization;
use crate::filter::image::Image;

/// What can be added.
const FIELDS: [&str; 7] =
    ["buildMetadata", "components", "images", "namePrefix", "nameSuffix", "namespace", "patches"];

impl Kustomization {
    /// Adds fields.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] for a field that cannot be added, or is wrong.
    pub(crate) fn extend(&mut self, fields: &Value) -> Result<()> {
        let names = fields.as_map().into_iter().flat_map(Map::iter).map(|(name, _)| name);
        if let Some(name) = names.into_iter().find(|name| !FIELDS.contains(&name.as_str())) {
            let error = Error::new(ErrorKind::Invalid, "the field cannot be added to a kustomization");
            return Err(error.with("field", name));
        }
        let more = Self::read(fields)?;
        let replaced = [
            (&mut self.name_prefix, more.name_prefix),
            (&mut self.name_suffix, more.name_suffix),
            (&mut self.namespace, more.namespace),
        ];
        for (old, new) in replaced.into_iter().filter(|(_, new)| !new.is_empty()) {
            *old = new;
        }
        if !more.build_metadata.is_empty() {
            self.build_metadata = more.build_metadata;
        }
        self.patches.extend(more.patches);
        self.components.extend(more.components);
        more.images.into_iter().for_each(|image| self.add_image(image));
        Ok(())
    }

    /// Adds an image, or what it says to the one of that name. Tag and digest say both which version is meant, so that one
    /// that is said takes the other out.
    fn add_image(&mut self, new: Image) {
        let Some(old) = self.images.iter_mut().find(|image| image.name == new.name) else {
            return self.images.push(new);
        };
        if !new.new_name.is_empty() {
            old.new_name = new.new_name;
        }
        if !new.new_tag.is_empty() || !new.digest.is_empty() {
            (old.new_tag, old.digest) = (new.new_tag, new.digest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Value {
        windlass_yaml::read(text.as_bytes(), &windlass_yaml::Options::default()).unwrap().remove(0).value
    }

    fn check(file: &str, more: &str) -> Result<Kustomization> {
        let mut file = Kustomization::read(&read(file))?;
        file.extend(&read(more))?;
        Ok(file)
    }

    #[test]
    fn what_is_added_replaces_or_follows_what_the_file_says() {
        let file = check(
            "{namespace: a, namePrefix: p-, resources: [x], components: [c], patches: [{path: p}]}",
            "{namespace: b, nameSuffix: -s, components: [d], patches: [{patch: q}], buildMetadata: [originAnnotations]}",
        )
        .unwrap();
        assert_eq!((&*file.namespace, &*file.name_prefix, &*file.name_suffix), ("b", "p-", "-s"));
        assert_eq!(file.components, ["c", "d"]);
        assert_eq!((&*file.patches[0].path, &*file.patches[1].patch), ("p", "q"));
        assert!(file.wants("originAnnotations"));
    }

    #[test]
    fn an_image_that_is_there_takes_what_is_said_of_it() {
        let images = |more: &str| {
            let file =
                "images: [{name: web, newName: w, newTag: '1', digest: sha256:0}, {name: db, newTag: '1'}]";
            let file = check(file, &format!("images: [{more}]")).unwrap();
            let text = |image: &Image| {
                format!("{}={}:{}@{}", image.name, image.new_name, image.new_tag, image.digest)
            };
            file.images.iter().map(text).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(images("{name: web, newTag: '2'}"), "web=w:2@ db=:1@");
        assert_eq!(images("{name: web, newName: x}"), "web=x:1@sha256:0 db=:1@");
        assert_eq!(images("{name: log, digest: sha256:1}"), "web=w:1@sha256:0 db=:1@ log=:@sha256:1");
    }

    #[test]
    fn other_fields_cannot_be_added() {
        let error = check("resources: [x]", "resources: [y]").err().unwrap();
        assert_eq!(error.context("field"), Some("resources"));
    }
}
