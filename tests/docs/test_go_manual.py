"""What bindings/go/README.md shows is compiled and run; what has a vault is in test_credentials.py."""

from programs import ROOT, go_tests, part

MANUAL = ROOT / "bindings" / "go" / "README.md"

# A test for each snippet, which stands in the place of the word that it has in it.
AROUND = """
func call(ctx context.Context) (err error) {
	<EnsureRoutineRelatedRecord(ctx>
	fmt.Println(record.Origin)
	return nil
}

func TestTheCall(t *testing.T) {
	if err := call(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func action(ctx context.Context, client *esa.Client) error {
	<ListUserRoutines>
	fmt.Println(len(page.Routines))
	return nil
}

func signed(ctx context.Context, client *esa.Client, sender *http.Client) error {
	<esahttp>
	fmt.Println(reply.RequestID)
	return err
}

func TestActions(t *testing.T) {
	client, err := esa.New(esa.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	if err := action(t.Context(), client); err != nil {
		t.Fatal(err)
	}
	if err := signed(t.Context(), client, http.DefaultClient); err != nil {
		t.Fatal(err)
	}
}

func TestErrors(t *testing.T) {
	var err error = &esa.Error{Outcome: esa.OutcomeUnknown}
	<errors.As>
}

func TestTesting(t *testing.T) {
	<esatest.Start>
	if err != nil {
		t.Fatal(err)
	}
	client.Close()
}
"""
WORDS = ("EnsureRoutineRelatedRecord(ctx", "ListUserRoutines", "esahttp", "errors.As", "esatest.Start")


def test_the_snippets(environment: dict[str, str]) -> None:
    tests = AROUND
    for word in WORDS:
        tests = tests.replace(f"<{word}>", part(MANUAL, "go", word))

    assert go_tests(tests, environment).count("--- PASS") == 4
