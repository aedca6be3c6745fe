#include "vitrine/phantoms/import/analytic_scene.hpp"

#include <algorithm>

namespace vitrine::phantoms {

const Schema<SceneObject>& SceneObject::schema() {
  static const auto s =
      Schema<SceneObject>("object", "A solid of one material")
          .required("name", &SceneObject::name, "name of the organ; several objects may share one")
          .name_of_at_most(40)
          .required("solid", &SceneObject::solid, "its shape and place")
          .required("material", &SceneObject::material,
                    "what it is made of (vitrine list material)")
          .optional("density", &SceneObject::density, unit::g_per_cm3,
                    "its density (that of the material if nothing is said)")
          .between(0, 25)
          .optional("host", &SceneObject::host,
                    "what lesions call it (nothing: no lesion grows there)")
          .one_of(host_organs_or_none());
  return s;
}

const Schema<AnalyticScene::Params>& AnalyticScene::schema() {
  static const auto s =
      Schema<Params>("analytic_scene", "Solids one after the other, each replacing what was there")
          .required("objects", &Params::objects,
                    "the solids, outermost first, or the name of a YAML file with this list")
          .optional("sex", &Params::sex, "for the record")
          .one_of({"", "female", "male"})
          .rule("objects must list at least one solid",
                [](const Params& p) { return !p.objects.empty(); });
  return s;
}

std::shared_ptr<const Anatomy> AnalyticScene::supplied(Resources&) const {
  for (const SceneObject& object : params_.objects) try {
      material(object.material.text);
    } catch (const Error& error) {
      throw Error(Error::Kind::input, str(object.name, ": ", error.what()), object.material.where);
    }
  return nullptr;
}

AnatomyRecord AnalyticScene::build(SceneBuilder& scene, Rng, const PatientState&) const {
  AnatomyRecord record;
  record.sex = params_.sex;
  for (const SceneObject& object : params_.objects) {
    const Solid solid = object.solid->solid();
    const double density = object.density.value_or(vitrine::material(object.material.text).density);
    scene.begin_organ(object.name);
    scene.place(solid, object.material.text, density);
    if (object.host.empty()) continue;
    const auto same = [&](const Host& host) { return host.organ == object.host; };
    auto host = std::find_if(record.hosts.begin(), record.hosts.end(), same);
    if (host == record.hosts.end()) {
      host = record.hosts.insert(host, Host{});
      host->organ = object.host;
      host->background = density;
      host->background_material = object.material.text;
    }
    if (std::find(host->tissue.begin(), host->tissue.end(), object.name) == host->tissue.end())
      host->tissue.push_back(object.name);
    host->extent = hull(host->extent, bounds(solid));
  }
  return record;
}

}  // namespace vitrine::phantoms
