//! When a version is due: a pure function of the schedule and the time.

use std::time::Duration;

use jiff::civil::{Date, Time, Weekday};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use tenon_sdk::{Error, Result, duration};

use crate::hour;

/// The `source` of the resource.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Source {
    interval: Option<String>,
    start: Option<String>,
    stop: Option<String>,
    location: Option<String>,
    days: Vec<String>,
    pub(crate) initial_version: bool,
}

/// A source that makes sense.
#[derive(Debug)]
pub(crate) struct Schedule {
    zone: TimeZone,
    /// Start and stop.
    window: Option<(Time, Time)>,
    days: Vec<Weekday>,
    interval: Option<Duration>,
}

impl Schedule {
    /// Checks a source.
    pub(crate) fn new(source: &Source) -> Result<Self> {
        let interval = source.interval.as_deref().map(duration::parse).transpose()?;
        if interval.is_some_and(|interval| interval < Duration::from_secs(1)) {
            return Err(Error::invalid("the `interval` is under a second: make it longer"));
        }
        let mut zone = match &source.location {
            Some(name) => TimeZone::get(name).map_err(|_| {
                Error::invalid(format!(
                    "there is no time zone {name:?}: name one such as `Europe/Berlin`"
                ))
            })?,
            None => TimeZone::UTC,
        };
        let window = match (&source.start, &source.stop) {
            (Some(start), Some(stop)) => {
                let ((start, offset), (stop, other)) = (hour(start)?, hour(stop)?);
                if other.is_some() && other != offset {
                    return Err(Error::invalid("`start` and `stop` differ in their offsets"));
                }
                if let Some(offset) = offset {
                    zone = TimeZone::fixed(offset);
                }
                Some((start, stop))
            }
            (None, None) => None,
            (Some(_), None) => return Err(Error::invalid("`start` needs `stop`")),
            (None, Some(_)) => return Err(Error::invalid("`stop` needs `start`")),
        };
        let days = source.days.iter().map(|day| weekday(day)).collect::<Result<Vec<_>>>()?;
        if interval.is_none() && window.is_none() && days.is_empty() {
            return Err(Error::invalid(
                "the source says no time: give `interval`, or `start` and `stop`, or `days`",
            ));
        }
        Ok(Self { zone, window, days, interval })
    }

    /// Returns the latest tick, if `now` lies within the window and on one of the days.
    pub(crate) fn latest(&self, now: Timestamp) -> Option<Timestamp> {
        let base = self.base(now)?;
        let Some(interval) = self.interval else { return Some(base) };
        let interval = i64::try_from(interval.as_millis()).ok()?;
        let passed = now.as_millisecond() - base.as_millisecond();
        base.checked_add(SignedDuration::from_millis(passed - passed.rem_euclid(interval))).ok()
    }

    /// Returns where ticks count from.
    fn base(&self, now: Timestamp) -> Option<Timestamp> {
        let today = now.to_zoned(self.zone.clone()).date();
        let wanted = |day: &Date| self.days.is_empty() || self.days.contains(&day.weekday());
        match self.window {
            // A window that began yesterday may still be open.
            Some((start, stop)) => {
                [Some(today), today.yesterday().ok()].into_iter().flatten().filter(wanted).find_map(
                    |day| {
                        let end = if stop > start { day } else { day.tomorrow().ok()? };
                        let (begin, end) = (self.at(day, start)?, self.at(end, stop)?);
                        (begin..end).contains(&now).then_some(begin)
                    },
                )
            }
            None if self.days.is_empty() => Some(Timestamp::UNIX_EPOCH),
            None => wanted(&today).then(|| self.at(today, Time::midnight()))?,
        }
    }

    fn at(&self, day: Date, time: Time) -> Option<Timestamp> {
        // An hour that the clocks leave out or have twice is read as people mostly mean it.
        self.zone.to_timestamp(day.to_datetime(time)).ok()
    }
}

fn hour(text: &str) -> Result<(Time, Option<jiff::tz::Offset>)> {
    hour::read(text).ok_or_else(|| {
        Error::invalid(format!(
            "{text:?} is no time of the day: write one such as `20:00` or `8:00 PM`"
        ))
    })
}

fn weekday(name: &str) -> Result<Weekday> {
    Ok(match name.to_ascii_lowercase().as_str() {
        "monday" => Weekday::Monday,
        "tuesday" => Weekday::Tuesday,
        "wednesday" => Weekday::Wednesday,
        "thursday" => Weekday::Thursday,
        "friday" => Weekday::Friday,
        "saturday" => Weekday::Saturday,
        "sunday" => Weekday::Sunday,
        _ => {
            return Err(Error::invalid(format!(
                "{name:?} is no day of the week: write one such as `Monday`"
            )));
        }
    })
}

#[cfg(test)]
mod tests;
