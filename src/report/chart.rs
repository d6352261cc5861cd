//! The report's pictures as inline SVG, each with a text that says the same: shares, who spoke when and what the coach did,
//! telling against asking over the session.
//!
//! Position carries the meaning and colour only repeats it, so that any colour vision, dark mode and print will do. One
//! path holds all of a person's speech in a row: a three-hour session stays far under a megabyte.

use std::fmt::Write as _;

use super::phrases::{ShareSaid, length};
use crate::{
    measures::{ByRole, Does, Mark, RoleSpan, Stretch, TalkRatio},
    session::Role,
    texts::say,
    units::{Span, union},
};

/// A row of the timeline, in seconds: ten minutes keep a two-second turn visible on a phone.
const ROW_S: f64 = 600.0;

/// Rows before they grow longer instead: six hours of ten minutes.
const MAX_ROWS: f64 = 36.0;

/// Units of the drawing across a row or bar.
const ACROSS: f64 = 1000.0;

/// Room for marks above a row's speech.
const MARKS: u32 = 18;

/// The least width of a sound, in units, so that none vanishes.
const LEAST: f64 = 0.7;

/// The shares side by side, with a bracket where the border between them may lie.
pub fn shares(shares: &[ShareSaid], ratio: TalkRatio, told: &str) -> String {
    let mut bars = String::new();
    let mut start = 0.0;
    for share in shares {
        let (class, width) = (class(share.coach), share.share * ACROSS);
        let _ = write!(bars, r#"<rect class="{class}" x="{start:.1}" y="8" width="{width:.1}" height="34"/>"#);
        start += width;
    }
    let (low, high) = (ratio.low.get() * ACROSS, ratio.high.get() * ACROSS);
    let bracket = format!(r#"<path class="bracket" d="M{low:.1} 2v46M{high:.1} 2v46M{low:.1} 25H{high:.1}"/>"#);
    drawing(say!("report-shares-picture"), told, 50, &format!("{bars}{bracket}"))
}

/// A part of the coach's own doing, with a bracket where its border may lie.
pub fn part(title: &str, told: &str, value: f64, (low, high): (f64, f64)) -> String {
    let (border, low, high) = (value * ACROSS, low * ACROSS, high * ACROSS);
    let shapes = format!(
        r#"<rect class="coach" x="0" y="8" width="{border:.1}" height="34"/><rect class="rest" x="{border:.1}" y="8" width="{:.1}" height="34"/><path class="bracket" d="M{low:.1} 2v46M{high:.1} 2v46M{low:.1} 25H{high:.1}"/>"#,
        ACROSS - border
    );
    drawing(title, told, 50, &shapes)
}

/// A bar of parts, each a class and a share, beside numbers that say the same.
pub fn parts(parts: &[(&str, f64)]) -> String {
    let mut bar = format!("<svg aria-hidden=\"true\" viewBox=\"0 0 {ACROSS} 50\" preserveAspectRatio=\"none\">");
    let mut from = 0.0;
    for (class, share) in parts {
        let (x, width) = (from * ACROSS, share * ACROSS);
        let _ = write!(bar, "<rect class=\"{class}\" x=\"{x:.1}\" y=\"8\" width=\"{width:.1}\" height=\"34\"/>");
        from += share;
    }
    bar.push_str("</svg>");
    bar
}

/// Telling against asking, stretch by stretch: asking upwards from the middle, telling downwards.
pub fn course(title: &str, stretches: &[Stretch]) -> String {
    /// Half the height of the drawing, and how much of it the highest column takes.
    const MIDDLE: f64 = 50.0;
    const REACH: f64 = 46.0;
    let most = f64::from(stretches.iter().map(|each| each.telling.max(each.asking)).fold(1, u32::max));
    let step = ACROSS / stretches.len().max(1) as f64;
    let (mut up, mut down) = (String::new(), String::new());
    let mut told = Vec::new();
    for (index, stretch) in stretches.iter().enumerate() {
        let (x, width) = (index as f64 * step + step * 0.15, step * 0.7);
        let [asking, telling] = [stretch.asking, stretch.telling].map(|count| f64::from(count) / most * REACH);
        let _ = write!(up, "M{x:.1} {MIDDLE}v-{asking:.1}h{width:.1}v{asking:.1}z");
        let _ = write!(down, "M{x:.1} {MIDDLE}v{telling:.1}h{width:.1}v-{telling:.1}z");
        let from = clock(f64::from(stretch.from_s));
        told.push(say!("report-course-told", from, asking = stretch.asking, telling = stretch.telling));
    }
    let shapes = format!(
        r#"<path class="rest" d="{up}"/><path class="coach" d="{down}"/><path class="axis" d="M0 {MIDDLE}H{ACROSS}"/>"#
    );
    drawing(title, &format!("{}.", told.join("; ")), 100, &shapes)
}

/// Who spoke when, in rows of ten minutes: a heading and a drawing for each. Above the coach's speech, where they are known,
/// marks of what it did: a dot for asking, a stroke for telling. Through both, a line at each moment that somebody marked (in
/// seconds).
pub fn timeline(spans: &[RoleSpan], marks: &[Mark], moments: &[f64], length_s: f64) -> String {
    // Positions run on through a pause, which is no part of the length.
    let ends = spans.iter().map(|span| span.span.end().seconds());
    let last = ends.chain(moments.iter().copied()).fold(length_s, f64::max);
    let length_s = if length_s > 0.0 { last } else { length_s };
    let row_s = (length_s / MAX_ROWS).max(ROW_S.min(length_s));
    if spans.is_empty() || !row_s.is_finite() || row_s <= 0.0 {
        return String::new();
    }
    let heard = |role: Option<Role>| union(spans.iter().filter(|span| span.role == role).map(|span| span.span), 0);
    let (known, unknown) = (ByRole::each(|role| heard(Some(role))), heard(None));
    let rows = (length_s / row_s).ceil().clamp(1.0, MAX_ROWS) as u32;
    let mut timeline = String::new();
    for row in 0..rows {
        let start = f64::from(row) * row_s;
        let end = (start + row_s).min(length_s);
        let lane =
            |spans: &[Span], class: &str, y: u32, height: u32| lane(spans, (start, row_s, end), class, y, height);
        let (coach, coach_s) = lane(&known.coach, "coach", 2, 20);
        let (coachee, coachee_s) = lane(&known.coachee, "coachee", 28, 20);
        let (nobody, nobody_s) = lane(&unknown, "unknown", 22, 6);
        let (by_coach, by_coachee) = (length(coach_s), length(coachee_s));
        let mut told = if nobody_s > 0.0 {
            let unclear = length(nobody_s);
            say!("report-row-told-unclear", coach = by_coach, coachee = by_coachee, unclear)
        } else {
            say!("report-row-told", coach = by_coach, coachee = by_coachee)
        };
        let ground = format!(r#"<path class="ground" d="M0 25H{:.1}"/>"#, (end - start) / row_s * ACROSS);
        let (marked, asked, tells) = marked(marks, (start, row_s, end));
        if !marks.is_empty() {
            told = say!("report-row-marked", told, asked, tells);
        }
        // The very last moment is in the last row.
        let here = |at: &f64| *at >= start && (*at < end || row + 1 == rows);
        let moments: Vec<f64> = moments.iter().copied().filter(here).collect();
        let mut lines = String::new();
        if !moments.is_empty() {
            let at = moments.iter().map(|at| format!("M{:.1} 0v50", (at - start) / row_s * ACROSS));
            lines = format!(r#"<path class="moment" d="{}"/>"#, at.collect::<String>());
            let times = moments.into_iter().map(clock).collect::<Vec<_>>().join(", ");
            told = say!("report-row-moments", told, times);
        }
        let title = say!("report-row", start = clock(start), end = clock(end));
        let shapes = format!("{ground}{coach}{nobody}{coachee}{lines}{marked}");
        let picture = framed(&title, &format!("{told}."), if marks.is_empty() { 0 } else { MARKS }, 50, &shapes);
        let _ = writeln!(timeline, "<div class=\"row\"><span>{}</span>{picture}</div>", clock(start));
    }
    timeline
}

/// The marks within a row, with how many ask and how many tell.
fn marked(marks: &[Mark], (start, row_s, end): (f64, f64, f64)) -> (String, u32, u32) {
    let (mut asks, mut tells) = (String::new(), String::new());
    let (mut asked, mut told) = (0, 0);
    let here = |mark: &&Mark| (start..end).contains(&f64::from(mark.at_s));
    for mark in marks.iter().filter(here) {
        let x = (f64::from(mark.at_s) - start) / row_s * ACROSS;
        match mark.does {
            Does::Asking => {
                asked += 1;
                // A line of no length with round ends: a dot that stays round however the drawing is stretched.
                let _ = write!(asks, "M{x:.1} -9h0");
            }
            Does::Telling => {
                told += 1;
                let _ = write!(tells, "M{x:.1} -16v14");
            }
        }
    }
    let path = |class: &str, d: String| {
        if d.is_empty() { d } else { format!(r#"<path class="{class}" d="{d}"/>"#) }
    };
    (format!("{}{}", path("tells", tells), path("asks", asks)), asked, told)
}

/// One person's speech within a row as a path, and its seconds.
fn lane(spans: &[Span], (start, row_s, end): (f64, f64, f64), class: &str, y: u32, height: u32) -> (String, f64) {
    let first = spans.partition_point(|span| span.end().seconds() <= start);
    let (mut path, mut seconds) = (String::new(), 0.0);
    for span in spans.iter().skip(first).take_while(|span| span.start().seconds() < end) {
        let (from, to) = (span.start().seconds().max(start), span.end().seconds().min(end));
        seconds += to - from;
        let (x, width) = ((from - start) / row_s * ACROSS, ((to - from) / row_s * ACROSS).max(LEAST));
        let _ = write!(path, "M{x:.1} {y}h{width:.1}v{height}h-{width:.1}z");
    }
    let drawn = if path.is_empty() { path } else { format!(r#"<path class="{class}" d="{path}"/>"#) };
    (drawn, seconds)
}

pub fn drawing(title: &str, told: &str, height: u32, shapes: &str) -> String {
    framed(title, told, 0, height, shapes)
}

/// The same with room above.
fn framed(title: &str, told: &str, above: u32, height: u32, shapes: &str) -> String {
    let (class, top) = if above > 0 { (" class=\"marked\"", format!("-{above}")) } else { ("", "0".to_owned()) };
    format!(
        "<svg{class} role=\"img\" aria-label=\"{title}. {told}\" viewBox=\"0 {top} {ACROSS} {}\" \
         preserveAspectRatio=\"none\"><title>{title}. {told}</title>{shapes}</svg>",
        height + above
    )
}

fn class(coach: bool) -> &'static str {
    if coach { "coach" } else { "coachee" }
}

/// `12:30`, or `1:02:30`: the second that a moment is in, as on a terminal.
pub fn clock(seconds: f64) -> String {
    let whole = seconds as u64;
    match whole / 3600 {
        0 => format!("{}:{:02}", whole / 60, whole % 60),
        hours => format!("{hours}:{:02}:{:02}", whole % 3600 / 60, whole % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measures::properties::spans;

    #[test]
    fn a_short_session_is_one_row_as_long_as_it() {
        let expected = concat!(
            "<div class=\"row\"><span>0:00</span>",
            "<svg role=\"img\" aria-label=\"From 0:00 to 0:20. Coach 5 s, coachee 8 s, unclear who 1 s.\" ",
            "viewBox=\"0 0 1000 50\" preserveAspectRatio=\"none\">",
            "<title>From 0:00 to 0:20. Coach 5 s, coachee 8 s, unclear who 1 s.</title>",
            "<path class=\"ground\" d=\"M0 25H1000.0\"/>",
            "<path class=\"coach\" d=\"M0.0 2h250.0v20h-250.0z\"/>",
            "<path class=\"unknown\" d=\"M900.0 22h50.0v6h-50.0z\"/>",
            "<path class=\"coachee\" d=\"M300.0 28h400.0v20h-400.0z\"/>",
            "</svg></div>\n"
        );
        assert_eq!(timeline(&spans("a 0 5, b 6 14, ? 18 19"), &[], &[], 20.0), expected);
    }

    #[test]
    fn a_turn_across_two_rows_is_in_both() {
        let drawn = timeline(&spans("a 590 620"), &[], &[], 700.0);
        assert!(
            drawn.contains("From 0:00 to 10:00. Coach 10 s,") && drawn.contains("From 10:00 to 11:40. Coach 20 s,")
        );
    }

    #[test]
    fn marks_stand_above_the_speech() {
        let mark = |(at_s, does)| Mark { at_s, does };
        let marks = [(1, Does::Asking), (9, Does::Telling), (650, Does::Telling)].map(mark);
        let drawn = timeline(&spans("a 0 20, a 640 660"), &marks, &[], 700.0);
        assert!(
            drawn.contains("viewBox=\"0 -18 1000 68\"") && drawn.contains("<path class=\"asks\" d=\"M1.7 -9h0\"/>")
        );
        assert!(drawn.contains("<path class=\"tells\" d=\"M15.0 -16v14\"/>"), "{drawn}");
        assert!(drawn.contains("Coach 20 s, coachee 0 s; marks of asking 1, of telling 1."), "{drawn}");
        assert!(drawn.contains("From 10:00 to 11:40. Coach 20 s, coachee 0 s; marks of asking 0, of telling 1."));
    }

    /// The page said that a word fell in the second after the one that the terminal said.
    #[test]
    fn a_moment_is_in_the_second_that_has_begun() {
        for (seconds, told) in [(0.0, "0:00"), (59.9, "0:59"), (60.0, "1:00"), (3661.7, "1:01:01"), (-1.0, "0:00")] {
            assert_eq!(clock(seconds), told);
        }
    }

    #[test]
    fn a_marked_moment_is_a_line_through_its_row() {
        let drawn = timeline(&spans("a 0 20, a 640 660"), &[], &[35.0, 665.0], 700.0);
        assert!(drawn.contains("<path class=\"moment\" d=\"M58.3 0v50\"/>"), "{drawn}");
        assert!(drawn.contains("Coach 20 s, coachee 0 s; somebody marked 0:35."), "{drawn}");
        assert!(drawn.contains("From 10:00 to 11:40. Coach 20 s, coachee 0 s; somebody marked 11:05."), "{drawn}");
    }

    #[test]
    fn what_was_said_after_a_pause_is_drawn_too() {
        // Ten minutes of session with a pause of ten in the middle: positions run on.
        let drawn = timeline(&spans("a 0 300, b 900 1200"), &[], &[], 600.0);
        assert!(drawn.contains("From 10:00 to 20:00. Coach 0 s, coachee 5 min."), "{drawn}");
    }

    #[test]
    fn asking_goes_up_and_telling_down_on_one_scale() {
        let stretch = |from_s, telling, asking| Stretch { from_s, to_s: from_s + 60, telling, asking };
        let drawn = course("Course", &[stretch(0, 4, 2), stretch(60, 0, 1), stretch(120, 2, 0)]);
        assert!(drawn.contains("aria-label=\"Course. from 0:00 asking 2, telling 4; from 1:00 asking 1, telling 0; from 2:00 asking 0, telling 2.\""), "{drawn}");
        assert!(
            drawn.contains("M50.0 50v-23.0h233.3v23.0z") && drawn.contains("M50.0 50v46.0h233.3v-46.0z"),
            "{drawn}"
        );
    }

    #[test]
    fn what_cannot_be_drawn_is_left_out() {
        assert_eq!(timeline(&[], &[], &[], 100.0), "");
        assert_eq!(timeline(&spans("a 0 5"), &[], &[], 0.0), "");
        assert_eq!(timeline(&spans("a 0 5"), &[], &[], 1e300).lines().count(), MAX_ROWS as usize);
    }
}
