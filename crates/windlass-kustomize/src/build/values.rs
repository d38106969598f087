//! The values of a chart, put together from files and the kustomization.

use windlass_core::{Bytes, Error, ErrorKind, Result, Value};
use windlass_yaml::go;

use super::charts::Located;
use super::{Build, Target};
use crate::address::is_http;
use crate::kustomization::{Chart, Precedence};
use crate::node::{DEPTH_MAX, Node, Rules, Style, Tag, decoded, from_value, too_deep};
use crate::patch::strategic;
use crate::read;

impl Build<'_> {
    /// Gives the files of values that Helm is to take, with their names, in order.
    pub(super) fn values(
        &mut self,
        target: &Target,
        chart: &Chart,
        found: &Located,
    ) -> Result<Vec<(String, Bytes)>> {
        let mut more = Vec::with_capacity(chart.more_values_files.len());
        for (at, path) in chart.more_values_files.iter().enumerate() {
            let here = |error: Error| error.with_each("field", format!("additionalValuesFiles[{at}]"));
            if is_http(path) {
                let error = Error::new(ErrorKind::Invalid, "Helm looks for the file in the folder");
                return Err(here(error.with("path", path)));
            }
            let (_, bytes) = self.load(&target.loader, path).map_err(here)?;
            // Helm takes a comma in a name for the beginning of another.
            let name =
                if path.contains([',', '"']) { format!("additional-{at}.yaml") } else { path.to_string() };
            more.push((name, bytes));
        }
        let first = self.first_values(target, chart, found)?;
        more.insert(0, ("kustomize-values.yaml".to_owned(), first));
        Ok(more)
    }

    /// Gives the values of the file, with those of the kustomization.
    fn first_values(&mut self, target: &Target, chart: &Chart, found: &Located) -> Result<Bytes> {
        let inline = Value::Map(chart.values.clone());
        if !chart.values.is_empty() && chart.merge == Precedence::Replace {
            return Ok(go::to_yaml(&inline).into());
        }
        let bytes = self.values_file(target, chart, found)?;
        if chart.values.is_empty() {
            return Ok(bytes);
        }
        let wrong = |error: Error| error.with_each("field", "valuesInline").with_each("chart", &found.place);
        let text = std::str::from_utf8(&bytes)
            .map_err(|_| wrong(Error::new(ErrorKind::Invalid, "a file of values is not UTF-8")))?;
        let of_file = read::document(text, Rules::V3, &mut self.cache, self.cx.limits()).map_err(wrong)?;
        let Some(of_file) = of_file else {
            let error = Error::new(ErrorKind::Invalid, "a file of values is empty, and cannot be merged");
            return Err(wrong(error.with_help("say `valuesMerge: replace`")));
        };
        let inline = from_value(&inline);
        let (under, over) = match chart.merge {
            Precedence::Merge => (inline, of_file),
            _ => (of_file, inline),
        };
        let merged = strategic::merge_behind(&self.schemas, under, over).map_err(wrong)?;
        let mut merged = merged.unwrap_or_else(|| Node::Map(crate::node::Map::new()));
        by_tag(&mut merged, DEPTH_MAX)?;
        Ok(go::to_yaml(&decoded(&merged, Rules::V3).map_err(wrong)?).into())
    }

    /// Reads the file of values that the chart has, or another one that is named.
    fn values_file(&mut self, target: &Target, chart: &Chart, found: &Located) -> Result<Bytes> {
        if !chart.values_file.is_empty() {
            let loaded = self.load(&target.loader, &chart.values_file);
            return loaded.map(|(_, bytes)| bytes).map_err(|error| error.with_each("field", "valuesFile"));
        }
        let home = self.real(found.home.join("values.yaml")?);
        self.check_restriction(&target.loader, &home)?;
        let file = self.real(found.place.join("values.yaml")?);
        self.read_file(&file)
    }
}

/// Lets the tag of a value that was replaced count, not the quotes of the one before: nothing is printed in between.
fn by_tag(node: &mut Node, depth: usize) -> Result<()> {
    let below = depth.checked_sub(1).ok_or_else(too_deep)?;
    match node {
        Node::Scalar(scalar) => {
            if !matches!(scalar.tag, Tag::None | Tag::Str) {
                scalar.style = Style::Plain;
            }
            Ok(())
        }
        Node::List(items) => items.iter_mut().try_for_each(|item| by_tag(item, below)),
        Node::Map(map) => (0..map.len()).try_for_each(|at| by_tag(map.at_mut(at), below)),
    }
}
