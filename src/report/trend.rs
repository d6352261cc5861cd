//! A coach's own sessions in time: one line per measure, and a change only where it is larger than the noise.
//!
//! # When a change is said
//! The latest sessions (five, or half of fewer than ten) are compared with up to ten before them by Welch's test (Welch,
//! "The generalization of 'Student's' problem when several different population variances are involved", *Biometrika* 34,
//! 1947): a change is said only when the 99.95 % interval of the difference of both means leaves out zero. 99.95 rather than
//! 95 %, because five measures are looked at side by side, and again after each session: so a coach in whom nothing changes is
//! told of a change by their thirtieth session once in ten times at most (a test lets chance try). The spread of a group
//! counts as at least what its sessions' own intervals admit, so that a few values that happen to agree prove nothing.
//! With fewer than six sessions nothing is said of change.
//!
//! Like is compared with like: with the latest session those that were heard with as many microphones and whose words the
//! same model wrote, or nobody's ([`Setting`]). Where those were with several people, coachees or coaches, nothing is said of
//! change: another person would read as a change. What coded the moves is not looked at.
//!
//! Over all coachees the points have no names. Nothing here compares people, ranks or scores: there is no better or worse,
//! only more and less.

use std::fmt::Write as _;

use serde::Serialize;

use super::{
    chart::drawing,
    json::share,
    layout::Sheet,
    page::{alone, escaped, paragraph, section},
    phrases::{HEIGHTS, between, bounded, percent, plain},
};
use crate::{
    measures::{Dated, Interval, Setting},
    texts::say,
};

/// Sessions that count as the latest, and those before them that they are compared with.
const LATEST: usize = 5;
const BEFORE: usize = 10;
/// Fewer sessions say nothing of change: three against three is the least that has a spread.
const MIN_SESSIONS: usize = 6;

/// Half a 95 % interval in standard errors.
const Z: f64 = 1.96;
/// Two-sided 99.95 % quantiles of Student's t for 1 to 30 degrees of freedom.
const T9995: [f64; 30] = [
    1273.239, 44.705, 16.326, 10.306, 7.976, 6.788, 6.082, 5.617, 5.291, 5.049, 4.863, 4.716, 4.597, 4.499, 4.417,
    4.346, 4.286, 4.233, 4.187, 4.146, 4.110, 4.077, 4.047, 4.021, 3.996, 3.974, 3.954, 3.935, 3.918, 3.902,
];

/// Sessions that are drawn: more would be a smear.
const DRAWN: usize = 60;
/// Those that fit on a terminal's line.
const SPARKS: usize = 40;

/// Key, and the texts of its name and of the latest session's share.
const MEASURES: [(&str, &str, &str); 5] = [
    ("talk_ratio", "trend-talk", "trend-talk-latest"),
    ("directiveness", "report-telling-name", "trend-telling-latest"),
    ("open_questions", "trend-open", "trend-questions-latest"),
    ("wait_time", "trend-wait", "trend-questions-latest"),
    ("ownership", "trend-steps", "trend-steps-latest"),
];

/// What a terminal, a page and a script get.
#[derive(Clone, Debug, Serialize)]
pub struct Trend {
    /// `null` over all, where nobody has a name.
    coachee: Option<String>,
    sessions: usize,
    measures: Vec<Line>,
}

#[derive(Clone, Debug, Serialize)]
struct Line {
    measure: &'static str,
    #[serde(skip)]
    name: &'static str,
    /// The text of the latest session's share.
    #[serde(skip)]
    latest: &'static str,
    points: Vec<Dot>,
    /// Sessions that are like the latest, that one included: these are compared.
    comparable: usize,
    /// Those are with several people.
    #[serde(skip)]
    mixed: bool,
    /// `null` with too few sessions that can be compared.
    change: Option<Change>,
}

#[derive(Clone, Debug, Serialize)]
struct Dot {
    started_at: String,
    value: f64,
    low: f64,
    high: f64,
    /// Not rounded, so that the words say what the report says.
    #[serde(skip)]
    whole: Interval,
}

/// The latest sessions against those before.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
struct Change {
    latest: f64,
    before: f64,
    latest_sessions: usize,
    before_sessions: usize,
    /// Latest less before, with its 99.95 % bounds.
    difference: f64,
    low: f64,
    high: f64,
    /// Whether the bounds leave out zero.
    larger_than_noise: bool,
}

/// The trend of sessions in the order of time; `coachee` when all are with one.
pub fn trend(coachee: Option<&str>, points: &[Dated]) -> Trend {
    let line = |(index, (measure, name, latest)): (usize, (&'static str, &'static str, &'static str))| {
        let known = points.iter().filter_map(|dated| Some((dated, (*dated.point.each().get(index)?)?)));
        let known: Vec<(&Dated, Interval)> = known.collect();
        let (intervals, mixed) = comparable(&known);
        Line {
            measure,
            name: say!(name),
            latest,
            points: known.iter().map(|(dated, one)| Dot::new(&dated.started_at, *one)).collect(),
            comparable: intervals.len(),
            mixed,
            change: change(&intervals).filter(|_| !mixed),
        }
    };
    Trend {
        coachee: coachee.map(str::to_owned),
        sessions: points.len(),
        measures: MEASURES.into_iter().enumerate().map(line).collect(),
    }
}

impl Dot {
    fn new(at: &str, one: Interval) -> Self {
        Self {
            started_at: at.to_owned(),
            value: share(one.value),
            low: share(one.low),
            high: share(one.high),
            whole: one,
        }
    }

    /// The day, safe for a terminal.
    fn day(&self) -> String {
        plain(self.started_at.get(..10).unwrap_or_default())
    }
}

/// Those that were heard as the latest was, and whether the ones that would be compared are with several people.
fn comparable(known: &[(&Dated, Interval)]) -> (Vec<Interval>, bool) {
    let heard = |setting: &Setting| (setting.tracks, setting.whisper.clone());
    let as_latest = known.last().map(|(dated, _)| heard(&dated.setting));
    let alike = known.iter().filter(|(dated, _)| Some(heard(&dated.setting)) == as_latest);
    let who = |setting: &Setting| (setting.coachee.clone(), setting.coach.clone());
    let (with, intervals): (Vec<_>, Vec<Interval>) = alike.map(|(dated, one)| (who(&dated.setting), *one)).unzip();
    let mixed = latest(&with, LATEST + BEFORE).windows(2).any(|pair| pair.first() != pair.last());
    (intervals, mixed)
}

/// `None` with too few sessions to say anything.
fn change(intervals: &[Interval]) -> Option<Change> {
    if intervals.len() < MIN_SESSIONS {
        return None;
    }
    let latest_sessions = LATEST.min(intervals.len() / 2);
    let (earlier, latest) = intervals.split_at(intervals.len() - latest_sessions);
    let before = earlier.get(earlier.len().saturating_sub(BEFORE)..)?;
    let (new, old) = (Group::of(latest), Group::of(before));
    let squared = new.error + old.error;
    let freedom = squared * squared / (new.error * new.error / new.freedom + old.error * old.error / old.freedom);
    let reach = t9995(freedom) * squared.sqrt();
    let difference = new.mean - old.mean;
    Some(Change {
        latest: share(new.mean),
        before: share(old.mean),
        latest_sessions,
        before_sessions: before.len(),
        difference: share(difference),
        low: share(difference - reach),
        high: share(difference + reach),
        larger_than_noise: difference.abs() > reach,
    })
}

struct Group {
    mean: f64,
    /// Squared error of the mean.
    error: f64,
    freedom: f64,
}

impl Group {
    fn of(intervals: &[Interval]) -> Self {
        let count = intervals.len() as f64;
        let mean = intervals.iter().map(|one| one.value).sum::<f64>() / count;
        let seen = intervals.iter().map(|one| (one.value - mean).powi(2)).sum::<f64>() / (count - 1.0);
        let admitted = intervals.iter().map(|one| ((one.high - one.low) / 2.0 / Z).powi(2)).sum::<f64>() / count;
        // Never nothing: a hundredth of a percent is as fine as a value is given.
        Self { mean, error: seen.max(admitted).max(1e-8) / count, freedom: count - 1.0 }
    }
}

/// For a fraction of a degree the wider bound of the whole one below.
fn t9995(freedom: f64) -> f64 {
    let whole = (freedom.floor().max(1.0) as usize).min(T9995.len());
    T9995.get(whole - 1).copied().unwrap_or(f64::INFINITY)
}

impl Trend {
    pub fn to_json(&self) -> serde_json::Value {
        // Cannot fail: every key is a string and every float finite.
        serde_json::to_value(self).unwrap_or_default()
    }

    /// For a terminal `width` columns wide.
    pub fn to_text(&self, width: usize, color: bool) -> String {
        let mut sheet = Sheet::new(width, color);
        sheet.title(&self.title());
        sheet.dim(&self.circumstances());
        for line in self.lines() {
            sheet.heading(line.name);
            if !line.points.is_empty() {
                sheet.say(&sparks(&line.points));
            }
            line.said().iter().for_each(|sentence| sheet.say(sentence));
        }
        sheet.finish()
    }

    /// As one page that needs nothing else.
    pub fn to_page(&self) -> String {
        let title = escaped(&self.title());
        let mut main = format!("<h1>{title}</h1>\n<p class=\"soft\">{}</p>\n", escaped(&self.circumstances()));
        for line in self.lines() {
            let said: String = line.said().iter().map(|sentence| paragraph(sentence)).collect();
            main.push_str(&section(&escaped(line.name), &format!("{}{said}", line.drawn())));
        }
        let _ = writeln!(main, "<footer>{}</footer>", escaped(say!("trend-rule")));
        alone(&title, &main)
    }

    /// Without a session each of them would say that there is none.
    fn lines(&self) -> &[Line] {
        if self.sessions == 0 { &[] } else { &self.measures }
    }

    fn title(&self) -> String {
        match &self.coachee {
            Some(coachee) => say!("trend-title", name = plain(coachee)),
            None => say!("trend-title-all").to_owned(),
        }
    }

    fn circumstances(&self) -> String {
        if self.sessions == 0 {
            return say!("trend-none").to_owned();
        }
        let dots = || self.measures.iter().flat_map(|line| &line.points);
        let sessions = say!("trend-sessions", count = self.sessions);
        match (dots().map(Dot::day).min(), dots().map(Dot::day).max()) {
            (Some(first), Some(last)) if first != last => say!("trend-span", sessions, first, last),
            (Some(day), _) => format!("{sessions} · {day}"),
            _ => sessions,
        }
    }
}

impl Line {
    fn said(&self) -> Vec<String> {
        let Some(last) = self.points.last() else { return vec![say!("trend-nothing").to_owned()] };
        vec![say!(self.latest, day = last.day(), share = bounded(last.whole)), self.change_said()]
    }

    fn change_said(&self) -> String {
        let Some(change) = &self.change else {
            let sessions = self.comparable;
            return match self.mixed {
                true => say!("trend-mixed").to_owned(),
                false if sessions < self.points.len() => say!("trend-few-alike", sessions, least = MIN_SESSIONS),
                false => say!("trend-few", sessions, least = MIN_SESSIONS),
            };
        };
        let means = say!(
            "trend-means",
            latest = percent(change.latest),
            latest_sessions = change.latest_sessions,
            before = percent(change.before),
            before_sessions = change.before_sessions,
        );
        if !change.larger_than_noise {
            return say!("trend-same", means);
        }
        let than_before = if change.difference > 0.0 { say!("trend-more", means) } else { say!("trend-less", means) };
        let ends = (change.low.abs().min(change.high.abs()), change.low.abs().max(change.high.abs()));
        let (low, high) = between(ends.0, ends.1);
        // The bounds leave out zero, and "between 0 and 12" would seem not to: the text says less than 1.
        format!("{than_before} {}", say!("trend-difference", low, high))
    }

    /// The latest sessions from left to right, from nothing at the bottom to all at the top.
    fn drawn(&self) -> String {
        const HEIGHT: f64 = 120.0;
        const EDGE: f64 = 6.0;
        let shown = latest(&self.points, DRAWN);
        if shown.is_empty() {
            return String::new();
        }
        let step = 1000.0 / shown.len() as f64;
        let y = |share: f64| HEIGHT - EDGE - share * (HEIGHT - 2.0 * EDGE);
        let (mut whiskers, mut line, mut dots) = (String::new(), String::new(), String::new());
        for (index, dot) in shown.iter().enumerate() {
            let x = (index as f64 + 0.5) * step;
            let _ = write!(whiskers, "M{x:.1} {:.1}V{:.1}", y(dot.low), y(dot.high));
            let _ = write!(line, "{}{x:.1} {:.1}", if index == 0 { 'M' } else { 'L' }, y(dot.value));
            // A line of no length with round ends: a dot that stays round however the drawing is stretched.
            let _ = write!(dots, "M{x:.1} {:.1}h0", y(dot.value));
        }
        let grid: String = [0.0, 0.5, 1.0].iter().map(|share| format!("M0 {:.1}H1000", y(*share))).collect();
        let values: Vec<String> = shown.iter().map(|dot| format!("{} %", percent(dot.value))).collect();
        let told = say!("trend-picture", count = shown.len(), values = values.join(", "));
        let picture = drawing(
            &escaped(self.name),
            &told,
            HEIGHT as u32,
            &format!(
                "<path class=\"ground\" d=\"{grid}\"/><path class=\"whisker\" d=\"{whiskers}\"/>\
                 <path class=\"thread\" d=\"{line}\"/><path class=\"dots\" d=\"{dots}\"/>"
            ),
        );
        let day = |dot: Option<&Dot>| dot.map_or_else(String::new, |dot| escaped(&dot.day()));
        format!(
            "<div class=\"trend\"><span>100 %</span><span>50 %</span><span>0 %</span>{picture}</div>\n\
             <p class=\"ends days\"><span>{}</span><span>{}</span></p>\n",
            day(shown.first()),
            day(shown.last())
        )
    }
}

fn latest<T>(all: &[T], count: usize) -> &[T] {
    all.get(all.len().saturating_sub(count)..).unwrap_or_default()
}

/// `▂▃▅ (low ▁ is 0 %, high █ is 100 %)`.
fn sparks(points: &[Dot]) -> String {
    let height = |dot: &Dot| HEIGHTS.get(((dot.value * 8.0) as usize).min(7)).copied().unwrap_or(' ');
    latest(points, SPARKS).iter().map(height).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measures::{Point, properties::draws};

    fn points(values: &[f64]) -> Vec<Dated> {
        let point = |(day, &value): (usize, &f64)| {
            let talk = Some(Interval { value, low: value - 0.03, high: value + 0.03 });
            let point = Point { talk, ..Point::default() };
            Dated { started_at: format!("2026-11-{:02}T09:00:00Z", day + 1), setting: Setting::default(), point }
        };
        values.iter().enumerate().map(point).collect()
    }

    fn change_of(values: &[f64]) -> Option<Change> {
        trend(None, &points(values)).measures[0].change
    }

    #[test]
    fn a_change_is_said_only_when_larger_than_the_noise() {
        let table: [(&[f64], Option<bool>); 6] = [
            (&[0.4, 0.5, 0.6, 0.5, 0.4], None),
            (&[0.4, 0.5, 0.6, 0.4, 0.5, 0.6], Some(false)),
            (&[0.60, 0.62, 0.58, 0.61, 0.59, 0.40, 0.42, 0.38, 0.41, 0.39], Some(true)),
            (&[0.70, 0.50, 0.60, 0.75, 0.45, 0.50, 0.60, 0.40, 0.65, 0.35], Some(false)),
            // Values that happen to agree, one percent apart: within what each session's own interval admits.
            (&[0.50, 0.50, 0.50, 0.50, 0.50, 0.51, 0.51, 0.51, 0.51, 0.51], Some(false)),
            (&[0.5; 6], Some(false)),
        ];
        for (values, expected) in table {
            assert_eq!(change_of(values).map(|change| change.larger_than_noise), expected, "{values:?}");
        }
    }

    #[test]
    fn the_bounds_are_welchs() {
        // Means 0.2 apart, both of variance 0.00025, five each: eight degrees, t = 5.617, error 0.01. The intervals here
        // admit (0.03 / 1.96)^2 = 0.000234, which is less.
        let change = change_of(&[0.60, 0.62, 0.58, 0.61, 0.59, 0.40, 0.42, 0.38, 0.41, 0.39]).unwrap();
        assert_eq!((change.latest, change.before, change.difference), (0.4, 0.6, -0.2));
        assert!((change.low + 0.2562).abs() < 2e-4 && (change.high + 0.1438).abs() < 2e-4, "{change:?}");
    }

    #[test]
    fn noise_alone_is_seldom_called_a_change() {
        // Who looked after each session was told of a change by the thirtieth in half of all cases in which there was none.
        let mut random = draws(20_261_124);
        let mut called = 0;
        for _ in 0..500 {
            // Five measures of thirty sessions that differ as chance has it.
            called += usize::from((0..MEASURES.len()).any(|_| {
                let values = (0..30).map(|_| 0.4 + 0.05 * (0..4).map(|_| random()).sum::<f64>());
                let all: Vec<Interval> =
                    values.map(|value| Interval { value, low: value - 0.01, high: value + 0.01 }).collect();
                (MIN_SESSIONS..=30).any(|seen| change(&all[..seen]).unwrap().larger_than_noise)
            }));
        }
        assert!(called <= 50, "{called} of 500");
    }

    /// A coachee who came new read as a coach who had changed, and so did a second microphone or another model.
    #[test]
    fn only_like_is_compared_with_like() {
        let values = [0.60, 0.62, 0.58, 0.61, 0.59, 0.40, 0.42, 0.38, 0.41, 0.39];
        let with = |make: fn(usize) -> Setting| {
            let mut all = points(&values);
            all.iter_mut().enumerate().for_each(|(at, dated)| dated.setting = make(at));
            trend(None, &all)
        };
        let coachees =
            with(|at| Setting { coachee: if at < 5 { "Ana" } else { "Ben" }.to_owned(), ..Setting::default() });
        let coaches =
            with(|at| Setting { coach: Some(if at < 5 { "" } else { "Bea" }.to_owned()), ..Setting::default() });
        assert_eq!((&coachees.measures[0].change, &coaches.measures[0].change), (&None, &None));
        assert!(coachees.to_text(80, false).contains("`sidetone trend --coachee NAME`"));
        let microphones = with(|at| Setting { tracks: if at < 5 { 1 } else { 2 }, ..Setting::default() });
        let models =
            with(|at| Setting { whisper: if at < 5 { "" } else { "base.en" }.to_owned(), ..Setting::default() });
        for trend in [microphones, models] {
            let line = &trend.measures[0];
            assert_eq!((line.points.len(), line.comparable, line.change), (10, 5, None));
            assert!(trend.to_text(100, false).contains("5 of the 6 sessions heard like the latest"));
        }
        assert!(with(|_| Setting::default()).measures[0].change.unwrap().larger_than_noise);
    }

    #[test]
    fn the_text() {
        let text = trend(Some("Ana"), &points(&[0.60, 0.62, 0.58, 0.61, 0.59, 0.40, 0.42, 0.38, 0.41, 0.39]))
            .to_text(80, false);
        let expected = "\
Your sessions with Ana
10 sessions · 2026-11-01 to 2026-11-10

The coach's share of the talk
  ▅▅▅▅▅▄▄▄▄▄
  On 2026-11-10 it was 39 % (36 to 42 %) of all talk.
  Less than before: 40 % on average in the latest 5 sessions, 60 % in the 5
  before. The difference lies between 14 and 26 points.

Telling
  Not enough to say in any session.
";
        assert!(text.starts_with(expected), "{text}");
    }

    #[test]
    fn over_all_nobody_has_a_name_and_nothing_is_scored() {
        let all = trend(None, &points(&[0.5]));
        let outward = [all.to_json().to_string(), all.to_text(80, true), all.to_page()].concat().to_lowercase();
        for word in ["score", "rank", "better than", "worse than", "average coach"] {
            assert!(!outward.contains(word), "{word}");
        }
        assert_eq!(all.to_json()["coachee"], serde_json::Value::Null);
        assert!(all.to_text(80, false).contains("1 of the 6 sessions"));
        assert_eq!(trend(None, &[]).to_text(80, false), "All your sessions\nNo finished sessions yet.\n");
    }

    #[test]
    fn the_page_has_a_text_for_every_line_and_needs_nothing_else() {
        let page = trend(Some("<b>"), &points(&[0.5; 100])).to_page();
        assert!(page.contains("Your sessions with &lt;b&gt;"));
        assert_eq!(page.matches("<svg ").count(), page.matches("role=\"img\" aria-label=").count());
        for forbidden in ["<script", "http://", "https://", "src=", "NaN"] {
            assert!(!page.contains(forbidden), "{forbidden}");
        }
        assert!(page.len() < 30_000);
    }
}
