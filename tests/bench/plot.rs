//! What imports cost, drawn: the picture in the README.

use std::fmt::Write;

const WIDTH: f64 = 560.0;
const HEIGHT: f64 = 300.0;
/// Room for the labels: left, right, top, bottom.
const ROOM: [f64; 4] = [56.0, 16.0, 40.0, 46.0];

/// An SVG of (minutes of session, seconds of import), with the line that their mean cost would be.
pub fn of(costs: &[(f64, f64)]) -> String {
    let [left, right, top, bottom] = ROOM;
    let longest = costs.iter().map(|cost| cost.0).fold(1.0, f64::max);
    let mean = costs.iter().map(|(minutes, seconds)| seconds / minutes).sum::<f64>() / costs.len().max(1) as f64;
    let dearest = costs.iter().map(|cost| cost.1).fold(longest * mean, f64::max) * 1.05;
    let x = |minutes: f64| left + (WIDTH - left - right) * minutes / longest;
    let y = |seconds: f64| HEIGHT - bottom - (HEIGHT - top - bottom) * seconds / dearest;
    let facts: Vec<String> =
        costs.iter().map(|(minutes, seconds)| format!("{minutes} minutes: {:.1} minutes", seconds / 60.0)).collect();
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" font-family=\"sans-serif\" \
         font-size=\"13\"><title>Time to import a session, by its length</title><desc>{}</desc>\
         <rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\
         <text x=\"{left}\" y=\"22\" fill=\"#222\">Minutes to import a session, by its length in minutes</text>",
        facts.join("; ")
    );
    let mut line = |from: (f64, f64), to: (f64, f64), style: &str| {
        let _ = write!(
            svg,
            "<line x1=\"{:.1}\" y1=\"{:.1}\" x2=\"{:.1}\" y2=\"{:.1}\" {style}/>",
            from.0, from.1, to.0, to.1
        );
    };
    line((left, y(0.0)), (WIDTH - right, y(0.0)), "stroke=\"#555\"");
    line((left, y(0.0)), (left, top), "stroke=\"#555\"");
    line((x(0.0), y(0.0)), (x(longest), y(longest * mean)), "stroke=\"#888\" stroke-dasharray=\"5 4\"");
    for pair in costs.windows(2) {
        if let [(minutes, seconds), (later, more)] = *pair {
            line((x(minutes), y(seconds)), (x(later), y(more)), "stroke=\"#1f5fa8\" stroke-width=\"2\"");
        }
    }
    for (minutes, seconds) in costs {
        let (x, y) = (x(*minutes), y(*seconds));
        let _ = write!(
            svg,
            "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"4\" fill=\"#1f5fa8\"/>\
             <text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\" fill=\"#222\">{minutes}</text>\
             <text x=\"{:.1}\" y=\"{y:.1}\" text-anchor=\"end\" dy=\"-6\" fill=\"#222\">{:.1}</text>",
            HEIGHT - bottom + 20.0,
            x - 6.0,
            seconds / 60.0
        );
    }
    svg.push_str("</svg>\n");
    svg
}
