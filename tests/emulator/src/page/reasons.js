// What lies behind a refusal of this emulator, where its message leaves that open.

const REASONS = {
  UserOperationStatusIsLocked: "The account is locked, or another write of it was in progress. Trying again helps.",
  LockFailed: "The routine is busy, or another write was in progress. Trying again helps.",
  "Site.ServiceBusy": "The site is busy, or another write was in progress. Trying again helps.",
  TooManyRequests: "Too many writes at once. Trying again later helps.",
  InternalOperationError: "The routine is being deployed. Trying again helps.",
  InternalException: "It is open whether anything has changed: the site's backend is down or flaky, or writes commit late. " +
    "Read the records back before you try again.",
  SiteParameterNotMatch: "The account has no site of this id, or the record's name does not lie below the site's.",
  RoutineNotExist: "The account has no routine of this name.",
  ParameterAlreadyExist: "The name is bound on this site already, to this routine or another one.",
  ParameterNotExist: "No record has this name, id, site and routine, all four.",
  DependedByOthers: "The site has an ordinary DNS record of this name.",
  RelatedRecordNumberExceedQuotaLimit: "The routine has as many records as its quota allows.",
  ServiceNotOpen: "The account is not activated.",
  RoutineUserServiceStatusHalt: "The account is overdue.",
  NoPermission: "The policy of the user, role or session does not allow this action here.",
  "InvalidAccessKeyId.NotFound": "No account of this emulator has the key. Connect says which it has.",
  "InvalidTimeStamp.Expired": "The request's time is more than 15 minutes off the emulator's clock.",
  SignatureNonceUsed: "This key has used the nonce before: each attempt needs a fresh one, and a fresh signature.",
  "InvalidAction.NotEmulated": "A canned reply, under Faults, makes the emulator answer it.",
};

export const reasonOf = ({ verdict }) => REASONS[verdict];
