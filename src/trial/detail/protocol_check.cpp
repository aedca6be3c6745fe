#include "vitrine/trial/detail/protocol_check.hpp"

#include <algorithm>

#include "vitrine/trial/arm.hpp"
#include "vitrine/trial/detail/distinct.hpp"

namespace vitrine::trial::detail {
namespace {

const Value::List& protocols_in(const Value& node) {
  static const Value::List none;
  const Value* list = node.find("protocols");
  const auto* items = list ? list->as<Value::List>() : nullptr;
  return items ? *items : none;
}

}  // namespace

void check_protocols(const Arms& arms, const Value& node, Diagnostics& problems) {
  const Value *one = node.find("protocol"), *several = node.find("protocols");
  if (one && several)
    return problems.error(several->where,
                          "arms: protocol and protocols are both given (the one would be ignored). "
                          "Put all of them into protocols, or remove one of the keys.");
  if (!one && arms.protocols.empty())
    return problems.error((several ? *several : node).where,
                          "arms: 'protocol' is missing (a protocol file or an inline protocol; "
                          "protocols is a list of such)");
  std::vector<std::string> names;
  for (const Protocol& each : arms.protocols) names.push_back(each.name);
  const Value::List& items = protocols_in(node);
  for (std::size_t i = 0; i < names.size(); ++i)
    if (const auto first = std::ranges::find(names, names[i]) - names.begin();
        std::size_t(first) < i)
      problems.error(i < items.size() ? items[i].where : node.where,
                     str("two protocols are called '", names[i],
                         "' (arms are named after them). Give one another name."));
  const Value* vary = node.find("vary");
  const Value* levels = vary ? vary->find("protocol") : nullptr;
  if (names.empty()) names = {arms.protocol.name};
  for (const std::string& level : arms.vary.protocol)
    if (std::ranges::find(names, level) == names.end())
      problems.error((levels ? *levels : node).where,
                     str("there is no protocol '", level, "' (vary.protocol names some of ",
                         "arms.protocols).", suggestion(level, names)));
}

ArmsRule with_every_protocol(ArmsRule rule) {
  return [rule = std::move(rule)](const Arms& arms) {
    return std::ranges::all_of(each_protocol(arms), rule);
  };
}

ArmsCheck with_every_protocol(ArmsCheck check) {
  return [check = std::move(check)](const Arms& arms, const Value& node, Diagnostics& problems) {
    if (arms.protocols.empty()) return check(arms, node, problems);
    const Value::List& items = protocols_in(node);
    const std::vector<Arms> each = each_protocol(arms);
    for (std::size_t p = 0; p < each.size(); ++p) {
      Value with = node;
      if (p < items.size()) {
        with.set("protocol", items[p]);
        with.where = items[p].where;
      }
      Diagnostics found;
      check(each[p], with, found);
      for (const auto& problem : found.entries())
        problems.error(problem.where,
                       str("protocol ", each[p].protocol.name, ": ", problem.message));
    }
  };
}

}  // namespace vitrine::trial::detail
