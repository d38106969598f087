//! A renderer chosen by what lies in the folder.

use windlass_render::{Auto, Manifests};

/// Makes the renderer that is assembled from those switched on: plain manifests, and with the feature `kustomize` folders
/// with a `kustomization.yaml`. A folder that asks for a renderer that is not there, or for Helm, whose release needs a name,
/// is refused rather than applied as what it is not.
///
/// ```
/// use windlass::Renderer;
/// assert_eq!(windlass::auto().fingerprint(), windlass::auto().fingerprint());
/// ```
#[must_use]
pub fn auto() -> Auto {
    let auto = Auto::otherwise(Manifests::new());
    #[cfg(feature = "kustomize")]
    let auto = auto.with_file(windlass_kustomize::FILE_NAMES, windlass_kustomize::Kustomize::default());
    auto
}
