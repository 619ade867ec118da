// What the evaluator of Kubernetes takes to judge an object by a profile of the library, on one core.
//
//	cel-go POD.json POLICIES PROFILE [ROUNDS]
//
// The policies are compiled as the admission plugin ValidatingAdmissionPolicy compiles them. What
// the plugin does besides is left out, in its favour: the object is decoded once, messages are not
// asked for, nothing is matched but the conditions. Prints lines WHAT, VALUE, UNIT, separated by tabs.
package main

import (
	"context"
	"fmt"
	"io/fs"
	"log"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"

	gocel "github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/interpreter"
	v1 "k8s.io/api/admissionregistration/v1"
	"k8s.io/apimachinery/pkg/util/json"
	"k8s.io/apimachinery/pkg/util/version"
	"k8s.io/apiserver/pkg/admission/plugin/cel"
	"k8s.io/apiserver/pkg/cel/environment"
	"sigs.k8s.io/yaml"
)

const warmUp = 10 // one in so many rounds is run before

// An expression of a policy that is to be true.
type condition string

func (c condition) GetExpression() string      { return string(c) }
func (c condition) ReturnTypes() []*gocel.Type { return []*gocel.Type{gocel.BoolType} }

// A variable of a policy, of whatever type.
type variable struct{ name, expression string }

func (v variable) GetExpression() string      { return v.expression }
func (v variable) ReturnTypes() []*gocel.Type { return []*gocel.Type{gocel.AnyType, gocel.DynType} }
func (v variable) GetName() string            { return v.name }

type policy struct {
	name                    string
	conditions, validations []gocel.Program
	env                     *cel.CompositionEnv
}

// What expressions may name; the variables of a policy are computed when they are asked for.
type activation struct{ object, variables any }

func (a *activation) ResolveName(name string) (any, bool) {
	switch name {
	case cel.ObjectVarName:
		return a.object, true
	case cel.VariableVarName:
		return a.variables, true
	}
	return nil, name == cel.OldObjectVarName || name == cel.RequestVarName || name == cel.NamespaceVarName
}

func (a *activation) Parent() interpreter.Activation { return nil }

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func looksAtPods(document *v1.ValidatingAdmissionPolicy) bool {
	isForPods := func(rule v1.NamedRuleWithOperations) bool {
		return slices.Contains(rule.APIGroups, "") && slices.Contains(rule.Resources, "pods")
	}
	matched := document.Spec.MatchConstraints
	return matched != nil && slices.ContainsFunc(matched.ResourceRules, isForPods)
}

func isOf(document *v1.ValidatingAdmissionPolicy, profile string) bool {
	words := strings.Split(document.Annotations["bulwark.dev/profiles"], ",")
	return slices.ContainsFunc(words, func(word string) bool { return strings.TrimSpace(word) == profile })
}

func compile(template *cel.CompositionEnv, document *v1.ValidatingAdmissionPolicy) policy {
	declared := cel.OptionalVariableDeclarations{HasAuthorizer: true, StrictCost: true}
	compiler := cel.NewCompositedCompilerFromTemplate(template)
	compiled := func(result cel.CompilationResult) gocel.Program {
		if result.Error != nil {
			log.Fatalf("%s: %v", document.Name, result.Error)
		}
		return result.Program
	}
	program := func(expression string) gocel.Program {
		result := compiler.CompileCELExpression(condition(expression), declared, environment.StoredExpressions)
		return compiled(result)
	}
	p := policy{name: document.Name, env: compiler.CompositionEnv}
	for _, v := range document.Spec.Variables {
		named := variable{v.Name, v.Expression}
		compiled(compiler.CompileAndStoreVariable(named, declared, environment.StoredExpressions))
	}
	for _, c := range document.Spec.MatchConditions {
		p.conditions = append(p.conditions, program(c.Expression))
	}
	for _, v := range document.Spec.Validations {
		p.validations = append(p.validations, program(v.Expression))
	}
	return p
}

func load(folder, profile string) (policies []policy) {
	base := environment.MustBaseEnvSet(version.MajorMinor(1, 34), true)
	template, err := cel.NewCompositionEnv(cel.VariablesTypeName, base)
	must(err)
	must(filepath.WalkDir(folder, func(path string, _ fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".yaml" || strings.HasSuffix(path, ".examples.yaml") {
			return err
		}
		text, err := os.ReadFile(path)
		must(err)
		for _, part := range strings.Split(string(text), "\n---\n") {
			document := v1.ValidatingAdmissionPolicy{}
			must(yaml.Unmarshal([]byte(part), &document))
			if document.Kind == "ValidatingAdmissionPolicy" && isOf(&document, profile) && looksAtPods(&document) {
				policies = append(policies, compile(template, &document))
			}
		}
		return nil
	}))
	return policies
}

// Whether all programs give true; one that fails to is named.
func holds(ctx context.Context, programs []gocel.Program, given *activation, name string) bool {
	for _, program := range programs {
		value, _, err := program.ContextEval(ctx, given)
		if err != nil {
			log.Fatalf("%s: %v", name, err)
		}
		if value != types.True {
			return false
		}
	}
	return true
}

// The number of policies that find fault.
func judge(policies []policy, object any) (fails int) {
	for i := range policies {
		p := &policies[i]
		ctx := p.env.CreateContext(context.Background())
		given := &activation{object: object}
		given.variables = ctx.Variables(given)
		if holds(ctx, p.conditions, given, p.name) && !holds(ctx, p.validations, given, p.name) {
			fails++
		}
	}
	return fails
}

// Processor time, the collector's too.
func now() float64 {
	usage := syscall.Rusage{}
	must(syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
	return float64(usage.Utime.Nano()+usage.Stime.Nano()) / 1e3
}

func main() {
	runtime.GOMAXPROCS(1)
	rounds := 2000
	if len(os.Args) > 4 {
		rounds, _ = strconv.Atoi(os.Args[4])
	}
	text, err := os.ReadFile(os.Args[1])
	must(err)
	object := map[string]any{}
	must(json.Unmarshal(text, &object))
	start := now()
	policies := load(os.Args[2], os.Args[3])
	loading := now() - start
	fails := 0
	for range rounds / warmUp {
		fails = judge(policies, object)
	}
	start = now()
	for range rounds {
		judge(policies, object)
	}
	fmt.Printf("%s, %d policies over the pod, %d fail\t%.2f\tus\n", os.Args[3], len(policies), fails,
		(now()-start)/float64(rounds))
	fmt.Printf("loading these policies from YAML\t%.1f\tms\n", loading/1e3)
}
