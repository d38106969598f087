//! What a Prometheus asks, as OpenMetrics.
//!
//! A unit has a fixed number of series, and they go with it. No label holds what a repository or a server says, but the
//! revision.

use std::fmt;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeGaugeValue, MetricEncoder, NoLabelSet};
use prometheus_client::metrics::MetricType;
use prometheus_client::registry::{Registry, Unit};
use windlass_core::{Timestamp, UnitId};

use super::board::{Entry, Facts};
use super::hooks::Came;
use super::record::{BOUNDS, Record, State};

/// How OpenMetrics is called among the types of content.
pub(super) const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Writes what is known.
///
/// # Errors
/// None but what a text that is written to says, which is never.
pub(super) fn text(facts: Facts) -> Result<String, fmt::Error> {
    let mut registry = Registry::default();
    registry.register_collector(Box::new(Metrics(facts)));
    let mut text = String::new();
    prometheus_client::encoding::text::encode(&mut text, &registry)?;
    Ok(text)
}

/// The metrics of one moment.
#[derive(Debug)]
struct Metrics(Facts);

impl Collector for Metrics {
    fn encode(&self, mut to: DescriptorEncoder<'_>) -> fmt::Result {
        self.whole(&mut to)?;
        self.deliveries(&mut to)?;
        self.states(&mut to)?;
        self.passes(&mut to)?;
        self.objects(&mut to)?;
        self.times(&mut to)
    }
}

/// The labels that name a unit, and one more.
type Labels<'a> = [(&'static str, &'a str); 3];

fn labels<'a>(unit: &'a UnitId, key: &'static str, value: &'a str) -> Labels<'a> {
    [("installation", unit.installation()), ("unit", unit.as_str()), (key, value)]
}

fn name(unit: &UnitId) -> [(&'static str, &str); 2] {
    [("installation", unit.installation()), ("unit", unit.as_str())]
}

fn gauge(to: &mut MetricEncoder<'_>, value: &impl EncodeGaugeValue) -> fmt::Result {
    to.encode_gauge(value)
}

fn counter(to: &mut MetricEncoder<'_>, value: u64) -> fmt::Result {
    to.encode_counter::<NoLabelSet, u64, u64>(&value, None)
}

impl Metrics {
    fn units(&self) -> impl Iterator<Item = (&UnitId, &Record)> {
        self.0.units.iter().map(|(unit, (_, record))| (unit, record))
    }

    /// What is no single unit's.
    fn whole(&self, to: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let help = "The version of the command.";
        let mut build = to.encode_descriptor("windlass_build", help, None, MetricType::Info)?;
        build.encode_info(&[("version", env!("CARGO_PKG_VERSION"))])?;
        let help = "Whether the unit files could be read when they last were.";
        let mut read = to.encode_descriptor("windlass_unit_files_read", help, None, MetricType::Gauge)?;
        gauge(&mut read, &i64::from(self.0.read))?;
        let help = "Units of the unit files that make passes, and those that cannot.";
        let mut units = to.encode_descriptor("windlass_units", help, None, MetricType::Gauge)?;
        for (entry, state) in
            [(Entry::Runs, "running"), (Entry::Unmade, "unmade"), (Entry::Isolated, "isolated")]
        {
            let count = self.0.units.values().filter(|(of, _)| *of == entry).count();
            gauge(&mut units.encode_family(&[("state", state)])?, &number(count))?;
        }
        let help = "Requests that were sent to Kubernetes API servers, repeated ones included.";
        let mut sent =
            to.encode_descriptor("windlass_kubernetes_requests", help, None, MetricType::Counter)?;
        counter(&mut sent, self.0.requests)
    }

    /// Deliveries of webhooks, where any are awaited.
    fn deliveries(&self, to: &mut DescriptorEncoder<'_>) -> fmt::Result {
        if self.0.deliveries.is_empty() {
            return Ok(());
        }
        let help = "Webhook deliveries by what became of them; those to an unknown path are of no receiver.";
        let mut family =
            to.encode_descriptor("windlass_webhook_deliveries", help, None, MetricType::Counter)?;
        for (receiver, counts) in &self.0.deliveries {
            for came in
                Came::ALL.into_iter().filter(|came| receiver.is_empty() == (*came == Came::UnknownPath))
            {
                let labels = [("receiver", receiver.as_str()), ("result", came.name())];
                counter(&mut family.encode_family(&labels)?, counts.get(&came).copied().unwrap_or_default())?;
            }
        }
        Ok(())
    }

    fn states(&self, to: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let help = "How the unit is: the one state that is 1.";
        let mut family = to.encode_descriptor("windlass_unit_state", help, None, MetricType::Gauge)?;
        for (unit, record) in self.units() {
            for state in State::ALL {
                let is = i64::from(record.state == state);
                gauge(&mut family.encode_family(&labels(unit, "state", state.name()))?, &is)?;
            }
        }
        let help = "The last revision of which everything was written.";
        let mut family = to.encode_descriptor("windlass_unit_revision", help, None, MetricType::Info)?;
        for (unit, record) in self.units() {
            if let Some(revision) = &record.applied {
                family.encode_family(&name(unit))?.encode_info(&[("revision", revision.as_str())])?;
            }
        }
        Ok(())
    }

    fn passes(&self, to: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let help = "Passes that ended, by how.";
        let mut family = to.encode_descriptor("windlass_unit_passes", help, None, MetricType::Counter)?;
        for (unit, record) in self.units() {
            let passes = &record.passes;
            for (result, count) in
                [("success", passes.succeeded), ("failure", passes.failed), ("withheld", passes.withheld)]
            {
                counter(&mut family.encode_family(&labels(unit, "result", result))?, count)?;
            }
        }
        let help = "How long passes took.";
        let unit_of = Some(&Unit::Seconds);
        let mut family =
            to.encode_descriptor("windlass_unit_pass_duration", help, unit_of, MetricType::Histogram)?;
        for (unit, record) in self.units() {
            let durations = &record.durations;
            let buckets: Vec<(f64, u64)> = BOUNDS.into_iter().zip(durations.buckets).collect();
            family.encode_family(&name(unit))?.encode_histogram::<NoLabelSet>(
                durations.seconds,
                durations.count(),
                &buckets,
                None,
            )?;
        }
        Ok(())
    }

    fn objects(&self, to: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let help = "Objects by what became of them in the last pass that was carried out.";
        let mut family = to.encode_descriptor("windlass_unit_objects", help, None, MetricType::Gauge)?;
        for (unit, record) in self.units() {
            let Some(counts) = &record.objects else { continue };
            for (outcome, count) in [
                ("created", counts.created),
                ("changed", counts.changed),
                ("unchanged", counts.unchanged),
                ("deleted", counts.deleted),
                ("deleting", counts.deleting),
                ("kept", counts.kept),
                ("skipped", counts.skipped),
                ("failed", counts.failed),
            ] {
                let labels = labels(unit, "outcome", outcome);
                gauge(&mut family.encode_family(&labels)?, &number(count))?;
            }
        }
        let help = "Objects that were written, by how.";
        let mut family = to.encode_descriptor("windlass_unit_writes", help, None, MetricType::Counter)?;
        for (unit, Record { writes, .. }) in self.units() {
            for (verb, count) in
                [("create", writes.created), ("change", writes.changed), ("delete", writes.deleted)]
            {
                counter(&mut family.encode_family(&labels(unit, "verb", verb))?, count)?;
            }
        }
        let help = "Objects that somebody else had changed.";
        let mut family = to.encode_descriptor("windlass_unit_drifts", help, None, MetricType::Counter)?;
        for (unit, record) in self.units() {
            counter(&mut family.encode_family(&name(unit))?, record.writes.drifted)?;
        }
        Ok(())
    }

    fn times(&self, to: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let help = "When the last pass ended.";
        self.time(to, "windlass_unit_last_pass_timestamp", help, |record| record.ended)?;
        let help = "When the last pass ended in which everything was written.";
        self.time(to, "windlass_unit_last_success_timestamp", help, |record| record.succeeded)
    }

    fn time(
        &self,
        to: &mut DescriptorEncoder<'_>,
        of: &str,
        help: &str,
        time: fn(&Record) -> Option<Timestamp>,
    ) -> fmt::Result {
        let mut family = to.encode_descriptor(of, help, Some(&Unit::Seconds), MetricType::Gauge)?;
        for (unit, record) in self.units() {
            if let Some(time) = time(record) {
                let seconds = i64::try_from(time.unix()).unwrap_or(i64::MAX);
                gauge(&mut family.encode_family(&name(unit))?, &seconds)?;
            }
        }
        Ok(())
    }
}

fn number(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
