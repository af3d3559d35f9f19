//! How people name the car: the owner's own name for it, else make and model as the maker writes them.

use crate::event::Vehicle;

use super::plain;

/// Makes whose usual spelling no rule gives.
const MAKES: [(&str, &str); 20] = [
    ("ALFA_ROMEO", "Alfa Romeo"),
    ("BMW", "BMW"),
    ("BYD", "BYD"),
    ("CITROEN", "Citroën"),
    ("CUPRA", "CUPRA"),
    ("DS", "DS"),
    ("FIAT", "Fiat"),
    ("GMC", "GMC"),
    ("HYUNDAI", "Hyundai"),
    ("KIA", "Kia"),
    ("LAND_ROVER", "Land Rover"),
    ("MERCEDES", "Mercedes-Benz"),
    ("MERCEDES_BENZ", "Mercedes-Benz"),
    ("MG", "MG"),
    ("MINI", "MINI"),
    ("NIO", "NIO"),
    ("RAM", "Ram"),
    ("SEAT", "SEAT"),
    ("SKODA", "Škoda"),
    ("SMART", "smart"),
];

/// The car as its owner would call it, without "your": "Tesla Model 3", "Blitz". `None` when nothing is known.
pub(super) fn name(vehicle: &Vehicle) -> Option<String> {
    plain::name(vehicle.name.as_deref()).or_else(|| match (make(vehicle), model(vehicle)) {
        (Some(make), Some(model)) if starts_with(&model, &make) => Some(model),
        (Some(make), Some(model)) => Some(format!("{make} {model}")),
        (make, model) => make.or(model),
    })
}

/// The maker as it writes itself: "Tesla", "Mercedes-Benz".
pub(super) fn make(vehicle: &Vehicle) -> Option<String> {
    let make = plain::name(vehicle.make.as_deref())?;
    let key = key(&make);
    let known = MAKES.iter().find(|(name, _)| *name == key);
    Some(known.map_or_else(|| readable(&make.replace('_', " ")), |(_, display)| (*display).to_owned()))
}

/// Whether the car is of this make, however it is written. `None` when its make is unknown.
pub(super) fn is_made_by(vehicle: &Vehicle, makes: &[&str]) -> Option<bool> {
    let make = key(&plain::one_line(vehicle.make.as_deref()?));
    (!make.is_empty()).then(|| makes.contains(&make.as_str()))
}

fn model(vehicle: &Vehicle) -> Option<String> {
    plain::name(vehicle.model.as_deref()).map(|model| readable(&model))
}

/// `Mercedes-Benz` and `MERCEDES BENZ` are `MERCEDES_BENZ`.
fn key(make: &str) -> String {
    make.to_uppercase().replace([' ', '-'], "_")
}

/// Words that shout are written as people write them: "MODEL 3" is "Model 3"; "BMW", "ID.4" and "EQA" stay.
fn readable(text: &str) -> String {
    let word = |word: &str| word.split('-').map(calm).collect::<Vec<_>>().join("-");
    text.split(' ').map(word).collect::<Vec<_>>().join(" ")
}

fn calm(word: &str) -> String {
    let shouts = word.chars().count() > 3 && word.chars().all(char::is_uppercase);
    let mut chars = word.chars();
    match chars.next().filter(|_| shouts) {
        Some(first) => first.to_string() + &chars.as_str().to_lowercase(),
        None => word.to_owned(),
    }
}

fn starts_with(model: &str, make: &str) -> bool {
    let (model, make) = (model.to_lowercase(), make.to_lowercase());
    model.strip_prefix(&make).is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vehicle(name: Option<&str>, make: Option<&str>, model: Option<&str>) -> Vehicle {
        let own = |text: Option<&str>| text.map(str::to_owned);
        Vehicle { name: own(name), make: own(make), model: own(model), ..Vehicle::default() }
    }

    #[test]
    fn makes_are_written_as_their_makers_write_them() {
        let table = [
            ("TESLA", "Tesla"),
            ("BMW", "BMW"),
            ("MERCEDES_BENZ", "Mercedes-Benz"),
            ("Mercedes-Benz", "Mercedes-Benz"),
            ("VOLKSWAGEN", "Volkswagen"),
            ("KIA", "Kia"),
            ("MINI", "MINI"),
            ("mini", "MINI"),
            ("LAND_ROVER", "Land Rover"),
            ("SKODA", "Škoda"),
            ("Polestar", "Polestar"),
            ("ROLLS_ROYCE", "Rolls Royce"),
            ("XYZ", "XYZ"),
        ];
        for (sent, shown) in table {
            assert_eq!(make(&vehicle(None, Some(sent), None)).as_deref(), Some(shown));
        }
    }

    #[test]
    fn the_owners_own_name_wins_over_make_and_model() {
        assert_eq!(name(&vehicle(Some("Blitz"), Some("TESLA"), Some("Model 3"))).as_deref(), Some("Blitz"));
        assert_eq!(name(&vehicle(Some("  "), Some("TESLA"), Some("MODEL 3"))).as_deref(), Some("Tesla Model 3"));
    }

    #[test]
    fn what_is_known_is_named_once() {
        assert_eq!(name(&vehicle(None, Some("TESLA"), Some("Tesla Model Y"))).as_deref(), Some("Tesla Model Y"));
        assert_eq!(name(&vehicle(None, Some("VOLKSWAGEN"), Some("ID.4"))).as_deref(), Some("Volkswagen ID.4"));
        assert_eq!(name(&vehicle(None, Some("FORD"), Some("MUSTANG MACH-E"))).as_deref(), Some("Ford Mustang Mach-E"));
        assert_eq!(name(&vehicle(None, Some("KIA"), None)).as_deref(), Some("Kia"));
        assert_eq!(name(&vehicle(None, None, None)), None);
    }

    #[test]
    fn a_make_is_compared_however_it_is_written() {
        assert_eq!(is_made_by(&vehicle(None, Some("tesla"), None), &["TESLA"]), Some(true));
        assert_eq!(is_made_by(&vehicle(None, Some("BMW"), None), &["TESLA"]), Some(false));
        assert_eq!(is_made_by(&vehicle(None, None, None), &["TESLA"]), None);
        assert_eq!(is_made_by(&vehicle(None, Some(" "), None), &["TESLA"]), None);
    }
}
