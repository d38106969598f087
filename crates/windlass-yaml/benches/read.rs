//! How fast manifests are read, and what they take in memory: `cargo bench -p windlass-yaml`.

#![allow(missing_docs, clippy::print_stdout, clippy::expect_used)]

use std::fmt::Write;
use std::time::Instant;

use windlass_yaml::{Format, Options, read};

fn manifest(bytes: usize) -> String {
    let mut text = String::with_capacity(bytes + 2000);
    for number in 0.. {
        if text.len() >= bytes {
            break;
        }
        let _ = write!(
            text,
            "---\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web-{number}\n  namespace: shop\n  labels:\n    \
             app.kubernetes.io/name: web\n    app.kubernetes.io/part-of: shop\n  annotations:\n    description: \"shop \
             number {number}\"\nspec:\n  replicas: 3\n  selector:\n    matchLabels:\n      app: web-{number}\n  template:\n    \
             metadata:\n      labels:\n        app: web-{number}\n    spec:\n      containers:\n      - name: web\n        image: \
             registry.example.org/web:1.{number}.0\n        args: [\"--port\", \"8080\"]\n        env:\n        - name: A\n          \
             value: \"1\"\n        - name: B\n          valueFrom:\n            secretKeyRef: {{name: s, key: k}}\n        resources:\n          \
             limits:\n            cpu: 100m\n            memory: 128Mi\n        ports:\n        - containerPort: 8080\n          \
             protocol: TCP\n"
        );
    }
    text
}

/// The most memory the process has held, where the system says so.
fn peak_megabytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse::<u64>().ok().map(|kilobytes| kilobytes / 1024)
}

fn measure(name: &str, text: &str, format: Format) {
    let mut options = Options::default().with_format(format);
    options.documents_max = usize::MAX;
    let best = (0..5).map(|_| {
        let began = Instant::now();
        let documents = read(text.as_bytes(), &options).expect("the text is right");
        let seconds = began.elapsed().as_secs_f64();
        (documents.len(), text.len() as f64 / 1e6 / seconds)
    });
    let (documents, speed) = best.fold((0, 0.0), |best, one| if one.1 > best.1 { one } else { best });
    let megabytes = text.len() as f64 / 1e6;
    println!(
        "{name}: {megabytes:.1} MB, {documents} documents, {speed:.1} MB/s, peak {:?} MB",
        peak_megabytes()
    );
}

fn main() {
    let yaml = manifest(10_000_000);
    measure("yaml", &yaml, Format::Yaml);
    let mut options = Options::default();
    options.documents_max = usize::MAX;
    let documents = read(yaml.as_bytes(), &options).expect("the text is right");
    let json: String = documents.iter().map(|document| document.value.canonical() + "\n").collect();
    drop(documents);
    measure("json", &json, Format::Auto);
}
