//! Data stores and their schemas.

use serde_json::{Map, Value, json};

use crate::cxone::wire::{DataStore as Shown, DataStorePage, ErrorDetail, Schema};
use crate::emulator::answer::{Answer, Refusal, detail};
use crate::emulator::call::{Call, bad_query};
use crate::emulator::clock::rfc3339_micros;
use crate::emulator::data_store::{DataStore, Field, Records, read_fields};
use crate::emulator::document::Made;
use crate::emulator::fields::Fields;
use crate::emulator::state::State;

/// `GET /api/v2/datastores`.
pub(in crate::emulator) fn list(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    let page = call.page()?;
    let query = call.query();
    let stores = &call.state.data_stores;
    let (found, total_count) = match query.get("name") {
        Some(name) => page.of(stores.named(name).into_iter()),
        None => page.of(stores.values()),
    };
    let entry = |store: &DataStore| Shown { description: None, ..shown(store) };
    let datastores = found.into_iter().map(entry).collect();
    Ok(Answer::ok(json!(DataStorePage { datastores, total_count })))
}

/// `GET /api/v2/datastores/{store}`.
pub(in crate::emulator) fn read(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    Ok(Answer::ok(json!(shown(call.state.data_store(&call.param(0))?))))
}

/// `POST /api/v2/datastores`.
pub(in crate::emulator) fn create(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    let object = call.object()?;
    let mut fields = Fields::of(&object, "");
    let (name, description) = read_naming(&mut fields);
    let schema = if object.contains_key("fields") { read_schema(&mut fields) } else { Vec::new() };
    fields.finish()?;
    check_name(call.state, None, &name)?;
    let id = call.state.next_id("store");
    let store = DataStore { id: id.clone(), name, description, fields: schema, updated_at: 0 };
    let store = store.touched(call.now);
    let answer = Answer::created(json!(shown(&store))).having_made(Made::DataStore(id.clone()));
    call.state.data_stores.insert(id, store);
    Ok(answer)
}

/// `PUT /api/v2/datastores/{store}`: name and description.
pub(in crate::emulator) fn rename(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    let store = call.state.data_store(&call.param(0))?.clone();
    let object = call.object()?;
    let mut fields = Fields::of(&object, "");
    let (name, description) = read_naming(&mut fields);
    fields.finish()?;
    check_name(call.state, Some(&store.id), &name)?;
    let store = save(call, DataStore { name, description, ..store });
    Ok(Answer::ok(json!(shown(&store))).having_made(Made::DataStore(store.id)))
}

/// An empty description is none.
fn read_naming(fields: &mut Fields<'_>) -> (String, Option<String>) {
    let name = fields.text("name");
    (name, fields.optional_text("description").filter(|text| !text.is_empty()))
}

fn read_schema(fields: &mut Fields<'_>) -> Vec<Field> {
    let (schema, faults) = read_fields(&fields.list("fields"));
    fields.also(faults);
    schema
}

fn check_name(state: &State, own_id: Option<&str>, name: &str) -> Result<(), Refusal> {
    match state.data_stores.named(name).filter(|one| Some(one.id.as_str()) != own_id) {
        None => Ok(()),
        Some(other) => {
            let message = format!("the data store {} is already named {name:?}", other.id);
            Err(Refusal::conflict("NAME_EXISTS", message))
        }
    }
}

/// Puts a changed store in place and returns it as it is then.
fn save(call: &mut Call<'_>, store: DataStore) -> DataStore {
    let store = store.touched(call.now);
    call.state.data_stores.insert(store.id.clone(), store.clone());
    store
}

/// `DELETE /api/v2/datastores/{store}`: with its records when `force` says so.
pub(in crate::emulator) fn delete(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    let id = call.param(0);
    let name = call.state.data_store(&id)?.name.clone();
    let query = call.query();
    let force = match query.get("force") {
        None | Some("false") => false,
        Some("true") => true,
        Some(other) => return Err(bad_query("force", other, "true or false")),
    };
    let count = call.state.records.count_of(&id);
    if count > 0 && !force {
        let message = format!("the data store {name:?} has {count} records; force=true drops them");
        return Err(Refusal::conflict("DATASTORE_NOT_EMPTY", message));
    }
    call.state.remove_data_store(&id);
    Ok(Answer::no_content())
}

/// `GET /api/v2/datastores/{store}/schema`.
pub(in crate::emulator) fn schema(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    Ok(Answer::ok(json!(shown_schema(call.state.data_store(&call.param(0))?))))
}

/// `PUT /api/v2/datastores/{store}/schema`: the whole list of fields.
pub(in crate::emulator) fn set_schema(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    let store = call.state.data_store(&call.param(0))?.clone();
    let object: Map<String, Value> = call.object()?;
    let mut fields = Fields::of(&object, "");
    let schema = read_schema(&mut fields);
    fields.finish()?;
    let in_use = in_use(&call.state.records, &store, &schema);
    if !in_use.is_empty() {
        let message = "fields that are removed or get another type still hold values";
        return Err(Refusal::conflict("FIELD_IN_USE", message).with_details(in_use));
    }
    let store = save(call, DataStore { fields: schema, ..store });
    Ok(Answer::ok(json!(shown_schema(&store))).having_made(Made::DataStore(store.id)))
}

/// The fields that hold values and are not in `schema`, or have another type there.
fn in_use(records: &Records, store: &DataStore, schema: &[Field]) -> Vec<ErrorDetail> {
    let kept =
        |field: &Field| schema.iter().any(|new| new.name == field.name && new.kind == field.kind);
    let fault = |field: &Field| {
        let count = records.values_in(&store.id, &field.name);
        let message = format!("{count} records have a value in {:?}", field.name);
        (count > 0).then(|| detail("/fields", message))
    };
    store.fields.iter().filter(|field| !kept(field)).filter_map(fault).collect()
}

fn shown_schema(store: &DataStore) -> Schema {
    Schema { fields: store.fields.iter().map(Field::shown).collect() }
}

fn shown(store: &DataStore) -> Shown {
    Shown {
        id: store.id.clone(),
        name: store.name.clone(),
        description: store.description.clone(),
        updated_at: Some(json!(rfc3339_micros(store.updated_at))),
    }
}
