//! What a bench found, as every bench prints it.

/// Key, value, bar.
pub type Row = (String, f64, &'static str);

/// One line a row, or with `--json` one object.
pub fn print(rows: &[Row]) {
    if std::env::args().any(|arg| arg == "--json") {
        let all: serde_json::Map<String, serde_json::Value> =
            rows.iter().map(|(key, value, _)| (key.clone(), (*value).into())).collect();
        println!("{}", serde_json::Value::Object(all));
    } else {
        for (key, value, bar) in rows {
            println!("{key:36} {value:9.2}   {bar}");
        }
    }
}
