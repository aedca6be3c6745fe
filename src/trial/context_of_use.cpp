#include "vitrine/trial/context_of_use.hpp"

#include "vitrine/trial/detail/context_check.hpp"
#include "vitrine/trial/detail/feature_names.hpp"
#include "vitrine/trial/scenario.hpp"

namespace vitrine::trial {

const Schema<ContextOfUse>& ContextOfUse::schema() {
  static const auto s =
      Schema<ContextOfUse>("context_of_use", "The question and the decision that the trial serves")
          .optional("question", &ContextOfUse::question, "what is asked")
          .optional("decision", &ContextOfUse::decision, "what will be decided with the answer")
          .optional("population", &ContextOfUse::population, "whom it is about")
          .optional("acceptable_bias", &ContextOfUse::acceptable_bias, unit::percent,
                    "largest bias that the decision tolerates in any arm")
          .between(0, 1000)
          .optional("bias_against", &ContextOfUse::bias_against,
                    "object: the object itself (T0); reference: the noiseless image of the "
                    "reference arm (T1)")
          .one_of({"object", "reference"})
          .unless_default()
          .optional("acceptable_icc", &ContextOfUse::acceptable_icc,
                    "least agreement over the arms, ICC(A,1) (not judged if nothing is said)")
          .between(0, 0.999)
          .optional("acceptable_wcv", &ContextOfUse::acceptable_wcv, unit::percent,
                    "largest variation between repeats, wCV (not judged if nothing is said)")
          .between(0.01, 1000)
          .optional("features", &ContextOfUse::features,
                    "families or single features that the decision is about (all that are measured "
                    "if nothing is said)")
          .unless_default();
  return s;
}

evaluation::Tolerance ContextOfUse::tolerance() const {
  return {.bias = acceptable_bias,
          .against = bias_against == "reference" ? evaluation::Tolerance::Against::reference
                                                 : evaluation::Tolerance::Against::object,
          .icc = acceptable_icc,
          .within_cv = acceptable_wcv};
}

bool ContextOfUse::concerns(const evaluation::Feature& feature) const {
  return detail::is_wanted(feature, features);
}

namespace detail {

void check_context_of_use(const Scenario& s, const Value& node, Diagnostics& problems) {
  const Value* trial = node.find("trial");
  const Value* block = trial ? trial->find("context_of_use") : nullptr;
  if (block == nullptr) return;
  const ContextOfUse& context = s.trial.context_of_use;
  const auto where = [&](const char* key) {
    const Value* value = block->find(key);
    return value ? value->where : block->where;
  };

  check_measured(context.features, s.measure.features, ", so it cannot be judged", *block,
                 problems);
  if (context.acceptable_wcv && s.arms.repeat.count < 2)
    problems.error(where("acceptable_wcv_percent"),
                   str("acceptable_wcv_percent needs repeats (arms.repeat.count is ",
                       s.arms.repeat.count, "). Ask for two or more"));
  if (context.bias_against == "reference" && !s.arms.noiseless)
    problems.error(where("bias_against"),
                   "the noiseless image of the reference arm is not made (arms.noiseless is "
                   "false). Make it, or take bias_against: object");
  const bool more = !context.features.empty() || context.acceptable_icc || context.acceptable_wcv ||
                    context.bias_against != ContextOfUse{}.bias_against;
  if (more && !asks_for(s, "bias_vs_truth"))
    problems.error(block->where,
                   "the context of use is judged by the bias, which is not analysed. Add "
                   "bias_vs_truth to analyse");
}

}  // namespace detail
}  // namespace vitrine::trial
